// Package cli is the door for people at a terminal and for scripts.
//
// Every command follows the same manners, so that others can build on them:
//
//   - What was asked for goes to standard output; progress and messages go to
//     standard error. With --json, standard output holds JSON and nothing else.
//   - The exit code is 0 when done, 1 when there are findings or the register
//     refused, 2 when the command was used wrongly.
//   - A register is named by --data DIR (embedded SQLite) or --dsn postgres://….
//     Commands work beside a running server.
//
// A command holds no rules: it reads its arguments, calls the rooms through
// app.House, and prints. There is one file per group of commands.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"kartotek/internal/cli/bench"
	"kartotek/internal/cli/casework"
	"kartotek/internal/cli/keeping"
	"kartotek/internal/cli/letters"
	"kartotek/internal/cli/shell"
	"kartotek/internal/config"
	"kartotek/internal/fault"
)

// Exit codes.
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
)

// World is the terminal and Store the register, as commands have them.
type (
	world = shell.World
	store = shell.Store
	usage = shell.Usage
)

var errFindings = shell.ErrFindings

// commands is the whole command line.
type commands struct {
	config.File `embed:""`

	Init       initCmd           `cmd:"" help:"Write a register notice from a few answers and set up a register."`
	Serve      serveCmd          `cmd:"" help:"Serve the register's pages."`
	Notice     noticeCmd         `cmd:"" help:"Check, render, publish and compare register notices."`
	Import     importCmd         `cmd:"" help:"Bring people in from another tool's export."`
	Export     exportCmd         `cmd:"" help:"Take people out, with permissions and evidence."`
	Decide     decideCmd         `cmd:"" help:"Say what may be sent to whom, and why (not)."`
	Due        dueCmd            `cmd:"" help:"Reckon the last day to answer a request."`
	Campaign   letters.Campaign  `cmd:"" help:"Send newsletters and campaigns."`
	Series     letters.Series    `cmd:"" help:"Letters in a row, after a sign-up, a date or an event."`
	Rights     casework.Rights   `cmd:"" help:"Deal with people's requests about their own data."`
	Person     personCmd         `cmd:"" help:"Show what the register holds about a person."`
	Access     casework.Access   `cmd:"" help:"Put together what a person is to be given who asks for their data."`
	Permission permissionCmd     `cmd:"" help:"Record a consent, a withdrawal or a prohibition."`
	Staff      staffCmd          `cmd:"" help:"Manage the accounts of staff."`
	Retention  keeping.Retention `cmd:"" help:"Let data go when its time is over, and hold it where it must stay."`
	Paper      keeping.Paper     `cmd:"" help:"Keep the register of what is on paper."`
	Level      levelCmd          `cmd:"" help:"Show and change access levels."`
	Log        logCmd            `cmd:"" help:"Show who did what, when and for which purpose."`
	Key        keyCmd            `cmd:"" help:"Show and replace the keys that may be replaced."`
	Relay      letters.Relay     `cmd:"" help:"Keep the servers that take outgoing mail, and the keys that sign it."`
	Bounce     letters.Bounce    `cmd:"" help:"Read mails that came back, and act on them."`
	Suppress   letters.Suppress  `cmd:"" help:"Keep the addresses that are not to be used, whoever has them."`
	Receipt    receiptCmd        `cmd:"" help:"Print and check the receipts of permissions."`
	Erase      casework.Erase    `cmd:"" help:"Erase a person, or say what that would do."`
	Backup     backupCmd         `cmd:"" help:"Write a sealed backup while the register is used."`
	Restore    restoreCmd        `cmd:"" help:"Put a backup in the place of a register that is not served."`
	Drill      drillCmd          `cmd:"" help:"Rehearse what must work on a bad day."`
	Verify     verifyCmd         `cmd:"" help:"Check the ledger, the log and what was computed from them."`
	Bench      bench.Bench       `cmd:"" help:"Measure import, decisions, sending and search on this machine."`
}

// Main runs the command line and gives the exit code.
func Main(args []string, in io.Reader, out, errw io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	w := &world{Ctx: ctx, In: in, Out: out, Err: errw}
	exit := -1
	settings, err := config.Options(args) // the configuration file and the files of secrets
	if err != nil {
		finish(w, err)
		return exitUsage
	}
	parser, err := kong.New(&commands{}, append(settings, kong.Name("kartotek"), kong.Writers(out, errw), kong.Bind(w), kong.Exit(func(code int) { exit = code }),
		kong.Description("The customer and marketing register whose published notice is its configuration."),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))...)
	if err != nil {
		fmt.Fprintln(errw, err)
		return exitUsage
	}
	k, err := parser.Parse(args)
	if exit >= 0 {
		return exit // help was asked for
	}
	if err != nil {
		fmt.Fprintf(errw, "kartotek: %s\n", err)
		return exitUsage
	}
	return finish(w, k.Run(w))
}

func finish(w *world, err error) int {
	var wrong usage
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFindings):
		return exitRefused
	case errors.As(err, &wrong):
		fmt.Fprintf(w.Err, "kartotek: %s\n", string(wrong))
		return exitUsage
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		fmt.Fprintf(w.Err, "kartotek: %s\n", err)
		return exitRefused
	}
	fmt.Fprintf(w.Err, "kartotek: %s [%s]\n", f.Error(), f.Key)
	if strings.HasPrefix(f.Key, "config.") {
		return exitUsage // flags that are missing or do not go together
	}
	return exitRefused
}
