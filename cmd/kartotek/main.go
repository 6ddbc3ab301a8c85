// Command kartotek is the register: one program that serves its pages, imports,
// sends, decides and proves. See package cli for the commands.
package main

import (
	"os"

	"kartotek/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
