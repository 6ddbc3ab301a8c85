package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/permit"
)

// MaxFile is the most bytes a campaign file holds.
const MaxFile = 1 << 20

// ReadFile reads a campaign from YAML:
//
//	name: June letter        # running the same name again resumes
//	purpose: newsletter
//	class: marketing
//	channel: email
//	from: Nordanvind <news@nordanvind.example>
//	subject: "Hello {{ person.first_name }}"
//	audience: everyone       # or a segment expression
//	body: |
//	  # Markdown or HTML
//
// also reply_to, format (markdown, html), language, and options, which holds how it
// is sent as Options has it: split, cap, quiet, archive, clicks, relay. Unknown keys,
// keys twice and values that are not text are refused with their line.
func ReadFile(data []byte) (*Campaign, error) {
	if len(data) > MaxFile {
		return nil, fault.New(fault.TooLarge, "campaign.file_size", "a campaign file is at most %d bytes", MaxFile)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fault.New(fault.Invalid, "campaign.file", "the file is not YAML").Because(err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fault.New(fault.Invalid, "campaign.file", "the file is a list of key: value")
	}
	c := &Campaign{}
	return c, c.fill(doc.Content[0])
}

func (c *Campaign) fill(m *yaml.Node) error {
	into := map[string]*string{"name": &c.Name, "purpose": &c.Purpose, "class": (*string)(&c.Class), "channel": &c.Channel, "from": &c.From, "reply_to": &c.ReplyTo,
		"subject": &c.Subject, "body": &c.Body, "format": &c.Format, "language": &c.Language, "audience": &c.Audience}
	seen := map[string]bool{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, v := m.Content[i], m.Content[i+1]
		if k.Value == "options" && !seen[k.Value] {
			seen[k.Value] = true
			if err := c.Options.fill(v); err != nil {
				return err
			}
			continue
		}
		to := into[k.Value]
		switch {
		case to == nil:
			return fault.New(fault.Invalid, "campaign.file_key", "a campaign has no such key").In(k.Value).At(k.Line)
		case seen[k.Value]:
			return fault.New(fault.Invalid, "campaign.file_twice", "the key is given twice").In(k.Value).At(k.Line)
		case v.Kind != yaml.ScalarNode:
			return fault.New(fault.Invalid, "campaign.file_value", "the value is a text").In(k.Value).At(v.Line)
		}
		seen[k.Value], *to = true, v.Value
	}
	for _, need := range []string{"name", "purpose", "class", "channel", "from", "subject", "body", "audience"} {
		if strings.TrimSpace(*into[need]) == "" {
			return fault.New(fault.Invalid, "campaign.file_missing", "the key is missing").In(need)
		}
	}
	switch c.Class {
	case permit.Marketing, permit.Survey, permit.Service:
		return nil
	}
	return fault.New(fault.Invalid, "campaign.class", "the class is marketing, survey or service").In("class")
}

// fill reads the options of a file. What a run writes there is none of a file's.
func (o *Options) fill(n *yaml.Node) error {
	var tree map[string]any
	err := n.Decode(&tree)
	raw, wrong := json.Marshal(tree)
	if err == nil && wrong == nil {
		*o, err = parseOptions(string(raw))
	}
	written := o.Schedule != nil || o.Split != nil && (o.Split.Winner != 0 || o.Split.Due != 0 || o.Split.ChosenAt != 0 || o.Split.By != "" || o.Split.Tried != nil)
	if err != nil || wrong != nil || written {
		return fault.New(fault.Invalid, "campaign.file_options", "the options are split, cap, quiet, archive, clicks, clicks_for and relay, each with its own keys").In("options").At(n.Line)
	}
	return nil
}

// RunOptions are how Run runs.
type RunOptions struct {
	DryRun  bool
	By      db.By
	Workers int
	Log     *slog.Logger
	// Watch is told the results about four times a second; nil for nobody.
	Watch func(*Campaign, Results)
}

// Run sends a campaign from this process until everything that can be sent now
// has been: it creates and starts the campaign, or goes on with the one of the
// same name. What was refused for now is left waiting for a server or a later
// call. When the mail server cannot be reached it ends with that error, and
// nothing is lost. Other processes may work on the same campaign.
func (r *Room) Run(ctx context.Context, file *Campaign, opt RunOptions) (Results, error) {
	if opt.DryRun {
		return r.DryRun(ctx, opt.By, file)
	}
	var c *Campaign
	err := r.DB.Do(ctx, opt.By, func(tx *db.Tx) (err error) {
		c, err = r.startOrResume(tx, *file)
		return err
	})
	if err != nil {
		return Results{}, err
	}
	asked := ctx
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	run := &job.Runner{DB: r.DB, Workers: opt.Workers, Log: opt.Log}
	run.Handle(KindDecide, r.patient(r.decideRange))
	run.Handle(KindSend, r.patient(func(ctx context.Context, j *job.Job) error {
		err := r.sendRange(ctx, j)
		if fault.Is(err, fault.Unavailable) {
			stop(err)
		}
		return err
	}))
	ended := make(chan error, 1)
	go func() { ended <- run.Run(ctx) }()
	out, err := r.watch(ctx, c, run, opt)
	stop(nil)
	return out, errors.Join(err, windDown(asked, ended))
}

// windDown waits for the jobs of a run to end. Once the program is told to stop it
// waits windUp at most: a mail server may keep its answer to a final dot back for
// ten minutes, and what it was handed is uncertain by its own record.
func windDown(ctx context.Context, ended <-chan error) error {
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(windUp):
		return fault.New(fault.Unavailable, "campaign.slow_end", "the mail server has not answered for the last message; what became of it is uncertain")
	}
}

// startOrResume finds the campaign of the file's name, or makes it, and sets it going.
func (r *Room) startOrResume(tx *db.Tx, file Campaign) (*Campaign, error) {
	c, err := r.Named(tx, file.Name)
	if fault.Is(err, fault.NotFound) {
		c, err = r.Save(tx, file)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case c.State == Draft:
		file.ID = c.ID
		if c, err = r.Save(tx, file); err == nil {
			err = r.Start(tx, c.ID)
		}
	case c.State.Running() || c.State == Paused:
		err = r.Resume(tx, c.ID)
	case c.State == Scheduled:
		err = fault.New(fault.Conflict, "campaign.scheduled", "the newsletter waits for its time; take the time away first, or start it")
	case c.State == Stopped:
		err = r.enqueueAll(tx, c.ID) // what was left to wind up
	}
	if err != nil {
		return nil, err
	}
	return r.Get(tx, c.ID)
}

// look is how often a run is looked at when none of its jobs reports.
const look = 250 * time.Millisecond

// watch waits until a campaign has nothing more to do for now.
func (r *Room) watch(ctx context.Context, c *Campaign, run *job.Runner, opt RunOptions) (out Results, err error) {
	events, end := run.Subscribe()
	defer end()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		settled := false
		err := r.DB.View(context.WithoutCancel(ctx), opt.By, func(tx *db.Tx) (err error) {
			if settled, err = r.settled(tx, c.ID); err != nil {
				return err
			}
			out, err = r.Results(tx, c.ID)
			return err
		})
		if err == nil && opt.Watch != nil {
			opt.Watch(c, out)
		}
		if err != nil || settled {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, context.Cause(ctx)
		case <-events:
		case <-tick.C:
		}
	}
}

// patience is how long a run from the command line waits for messages that are due
// soon, such as those of a receiver that is given so many a second.
const patience = 10 * time.Second

// settled reports whether nothing of a campaign can be done now: it has ended, is
// paused, or waits for a time to come; a stopped one is wound up first.
func (r *Room) settled(tx *db.Tx, which id.ID) (bool, error) {
	c, err := r.Get(tx, which)
	if err != nil {
		return false, err
	}
	all, err := ranges(tx, which)
	if err != nil || c.State == Stopped {
		return reached(all) == Done, err
	}
	if !c.State.Running() {
		return true, nil
	}
	for _, s := range all {
		if s.phase == phaseDecide || s.phase == phaseSend || s.phase == phaseWait && clock.FromMs(s.next).Before(tx.Time().Add(patience)) {
			return false, alive(tx, which, s)
		}
	}
	return reached(all) != Done, nil
}

// alive tells when the job of a range was given up, so that nobody waits for it.
func alive(tx *db.Tx, which id.ID, s span) error {
	j, err := job.Latest(tx, s.kind(), key(which, s.lo))
	if fault.Is(err, fault.NotFound) || err == nil && j.State != job.Dead {
		return nil
	}
	if err == nil {
		err = fault.New(fault.Conflict, "campaign.given_up", "a part of the newsletter was given up (%s); run it again when the cause is gone", j.Error)
	}
	return err
}
