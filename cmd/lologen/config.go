package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"
)

// mostConfig bounds what is read of a configuration file.
const mostConfig = 1 << 20

// readConfig returns what the file that a flag named says of the command's flags.
func readConfig(cmd command, file said) ([]said, error) {
	path := file.values[0]
	keys, err := mapping(path)
	if err != nil {
		return nil, usagef("%s: read %s: %w", file.spelt, path, err)
	}
	var list []said
	for i := 0; i+1 < len(keys); i += 2 {
		key := keys[i]
		where := fmt.Sprintf("%s line %d: %s", path, key.Line, key.Value)
		f := cmd.flag(key.Value)
		if f == nil || f.short == key.Value || f.name == file.flag.name {
			hint := ""
			if best, ok := near(key.Value, cmd.longs()); ok {
				hint = ": did you mean " + best + "?"
			}
			return nil, usagef("%s: unknown key%s", where, hint)
		}
		if slices.ContainsFunc(list, func(s said) bool { return s.flag == f }) {
			return nil, usagef("%s: said before", where)
		}
		values, err := scalars(keys[i+1], f)
		if err != nil {
			return nil, usagef("%s: accepted %w", where, err)
		}
		list = append(list, said{f, values, fromConfig, where})
	}
	return list, nil
}

// mapping returns the keys and values of the file's one mapping, in turn.
func mapping(path string) ([]*yaml.Node, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostConfig+1))
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	if len(text) > mostConfig {
		return nil, fmt.Errorf("it is larger than %d bytes", mostConfig)
	}
	return parseConfig(text)
}

func parseConfig(text []byte) ([]*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 { // an empty file
		return nil, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, errors.New("it has to consist of lines like rate: 64k")
	}
	return root.Content, nil
}

// scalars returns the values of one key.
func scalars(node *yaml.Node, f *flag) ([]string, error) {
	nodes, accepted := []*yaml.Node{node}, "is one value"
	if f.repeat {
		accepted = "is a value or a list of values"
		if node.Kind == yaml.SequenceNode {
			nodes = node.Content
		}
	}
	var list []string
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode {
			return nil, errors.New(accepted)
		}
		list = append(list, n.Value)
	}
	return list, nil
}
