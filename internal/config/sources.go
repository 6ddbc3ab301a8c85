package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	yaml "go.yaml.in/yaml/v3"

	"kartotek/internal/fault"
)

// ConfigEnv is the variable that names the configuration file.
const ConfigEnv = "KARTOTEK_CONFIG"

// maxFile bounds the configuration file and the files of secrets, in bytes.
const maxFile = 1 << 20

// File is the flag that names the configuration file. Embed it at the top of the
// command line, and give Options to kong, which reads the file.
type File struct {
	Config string `help:"Configuration file (YAML, flag names as keys)." env:"KARTOTEK_CONFIG" placeholder:"FILE"`
}

// Options lets kong take values from the places named in the package comment.
// args are the command line's, without the program's name.
func Options(args []string) ([]kong.Option, error) {
	s := &sources{}
	if name := fileName(args); name != "" {
		if err := s.read(name); err != nil {
			return nil, err
		}
	}
	return []kong.Option{kong.Resolvers(s)}, nil
}

// fileName finds --config before kong does, because the file decides what kong reads.
func fileName(args []string) string {
	for i, a := range args {
		if a == "--" {
			break
		}
		if v, ok := strings.CutPrefix(a, "--config="); ok {
			return v
		}
		if a == "--config" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return os.Getenv(ConfigEnv)
}

// sources are the places of values below flags and plain variables.
type sources struct {
	file   string
	values map[string]string
	lines  map[string]int
}

func (s *sources) read(name string) error {
	text, err := readSmall(name)
	if err != nil {
		return fault.New(fault.Invalid, "config.file", "the configuration file %s cannot be read", name).Because(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return fault.New(fault.Invalid, "config.file", "%s is not YAML", name).Because(err)
	}
	s.file, s.values, s.lines = name, map[string]string{}, map[string]int{}
	if len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return fault.New(fault.Invalid, "config.file", "%s: write one setting a line, such as listen: 127.0.0.1:8600", name).At(top.Line)
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		if err := s.set(top.Content[i], top.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (s *sources) set(key, val *yaml.Node) error {
	var parts []string
	switch val.Kind {
	case yaml.ScalarNode:
		parts = []string{val.Value}
	case yaml.SequenceNode:
		for _, n := range val.Content {
			parts = append(parts, n.Value)
		}
	default:
		return fault.New(fault.Invalid, "config.file", "%s: a setting is a value or a list of values", s.file).At(val.Line).In(key.Value)
	}
	if _, twice := s.values[key.Value]; twice {
		return fault.New(fault.Invalid, "config.file", "%s: the setting is there twice", s.file).At(key.Line).In(key.Value)
	}
	s.values[key.Value], s.lines[key.Value] = strings.Join(parts, ","), key.Line
	return nil
}

func readSmall(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, errors.New("not a file, or larger than 1 MiB")
	}
	return os.ReadFile(name)
}

// Validate implements kong.Resolver: every key of the file is a setting of some command.
func (s *sources) Validate(app *kong.Application) error {
	var known []string
	_ = kong.Visit(app, func(n kong.Visitable, next kong.Next) error {
		if f, ok := n.(*kong.Flag); ok {
			known = append(known, f.Name)
		}
		return next(nil)
	})
	for key := range s.values {
		if !slices.Contains(known, key) {
			return fault.New(fault.Invalid, "config.unknown", "%s: there is no such setting", s.file).At(s.lines[key]).In(key)
		}
	}
	return nil
}

// Resolve implements kong.Resolver. kong asks it for flags that were not given,
// and would let its answer win over the environment; so it has none where a
// variable is set.
func (s *sources) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		_, plain := os.LookupEnv(name)
		file, inFile := os.LookupEnv(name + "_FILE")
		switch {
		case inFile && !flag.Tag.Has("secret"):
			return nil, fmt.Errorf("%s_FILE: only secrets are read from files", name)
		case inFile && plain:
			return nil, fmt.Errorf("set %s or %s_FILE, not both", name, name)
		case plain:
			return nil, nil
		case inFile:
			text, err := readSmall(file)
			return strings.TrimRight(string(text), "\r\n"), err
		}
	}
	if v, ok := s.values[flag.Name]; ok {
		return v, nil
	}
	return nil, nil
}

// Example writes the configuration file with every setting of a server,
// commented out, with its meaning and default.
func Example() (string, error) {
	k, err := kong.New(&Serve{}, kong.Name("kartotek"))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("# Settings of kartotek. Each may also be given as a flag (--listen …) or as the\n# environment variable named beside it; a flag wins over a variable, and a variable\n# over this file. Read with: kartotek serve --config FILE\n")
	group := ""
	for _, f := range k.Model.Flags {
		if f.Name == "help" {
			continue
		}
		if f.Group != nil && f.Group.Title != group {
			group = f.Group.Title
			fmt.Fprintf(&b, "\n## %s\n", group)
		}
		env := strings.Join(f.Envs, ", ")
		if f.Tag.Has("secret") {
			env += ", or " + env + "_FILE naming a file that holds it"
		}
		fmt.Fprintf(&b, "\n# %s\n# (%s)\n#%s: %s\n", f.Help, env, f.Name, sample(f))
	}
	return b.String(), nil
}

func sample(f *kong.Flag) string {
	switch {
	case f.Tag.Get("example") != "" && f.IsSlice():
		return "[" + f.Tag.Get("example") + "]"
	case f.Tag.Get("example") != "":
		return f.Tag.Get("example")
	case f.HasDefault:
		return f.Default
	case f.IsBool():
		return "false"
	}
	return f.PlaceHolder
}
