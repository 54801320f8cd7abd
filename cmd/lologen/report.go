package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/exitfound/lologen/bench/report"
)

// reportOptions are which saved reports are shown, and how.
type reportOptions struct {
	files   []string
	against []string
	merge   bool
}

func reportCommand() command {
	return command{
		name:  "report",
		usage: "renders, merges or compares saved reports",
		words: "FILE [FILE ...]",
		flags: reportFlags(),
		examples: []string{
			"lologen report run.json --output html > run.html",
			"lologen report --merge a.json b.json c.json       one run by three processes",
			"lologen report old.json new.json                   two runs, side by side",
			"lologen report old-*.json --against new-1.json --against new-2.json",
		},
		exits: "0 done, 1 a report cannot be read or not be merged, 2 wrong use.",
		word:  func(o *options, s string) { o.reports.files = append(o.reports.files, s) },
		run:   runReport,
	}
}

const groupReports = "Which reports, and how"

func reportFlags() []flag {
	return []flag{
		{name: "merge", group: groupReports, usage: "the files are parts of one run, by several processes",
			set: setSwitch(func(o *options) *bool { return &o.reports.merge })},
		{name: "against", group: groupReports, value: "FILE", usage: "compare with this run (repeatable: several runs of a side)", repeat: true,
			set: func(o *options, s string) error { o.reports.against = append(o.reports.against, s); return nil }},
		{name: "output", group: groupReports, value: "HOW", initial: "text", usage: "text, json, html, hlog; compared: text, json",
			set: func(o *options, s string) (err error) { o.output, err = oneOf(s, report.Formats()...); return }},
		configFlag(),
	}
}

// runReport shows saved reports.
func runReport(_ context.Context, v *values, io stdio) (int, error) {
	o := defaults()
	if err := v.apply(o); err != nil {
		return 0, err
	}
	show, err := o.shownReports()
	if err != nil {
		return exitFailed, err
	}
	if err := show(io.out, o.output); err != nil && !errors.Is(err, syscall.EPIPE) {
		return exitFailed, err
	}
	return exitOK, nil
}

// writer writes what was asked for, in one of its formats.
type writer func(w *os.File, format string) error

// shownReports finds out whether reports are to be rendered, merged or compared.
func (o *options) shownReports() (writer, error) {
	r := &o.reports
	sides := len(r.files)
	compared := !r.merge && (sides == 2 || len(r.against) > 0)
	switch {
	case sides == 0:
		return nil, usagef("no report is named: accepted are one or more JSON reports of runs")
	case r.merge && (sides < 2 || len(r.against) > 0):
		return nil, usagef("--merge: accepted are two or more reports, and no --against")
	case !r.merge && sides > 2 && len(r.against) == 0:
		return nil, usagef("%d reports: accepted are one, two to be compared, more with --merge or --against", sides)
	case compared && o.output != "text" && o.output != "json":
		return nil, usagef("--output %q: accepted for a comparison are text, json", o.output)
	}
	list, err := readReports(r.files)
	if err != nil {
		return nil, err
	}
	if compared {
		return compareReports(list, r.against)
	}
	one := list[0]
	if r.merge {
		if one, err = report.Merge(list); err != nil {
			return nil, err
		}
	}
	return func(w *os.File, format string) error { return one.Write(w, format) }, nil
}

func compareReports(list []*report.Report, against []string) (writer, error) {
	a, b := list[:1], list[1:]
	if len(against) > 0 {
		others, err := readReports(against)
		if err != nil {
			return nil, err
		}
		a, b = list, others
	}
	c, err := report.Compare(a, b)
	if err != nil {
		return nil, err
	}
	return func(w *os.File, format string) error { return c.Write(w, format) }, nil
}

func readReports(paths []string) ([]*report.Report, error) {
	var list []*report.Report
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("read report %s: %w", path, errors.Unwrap(err))
		}
		r, err := report.Read(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("read report %s: %w", path, err)
		}
		list = append(list, r)
	}
	return list, nil
}
