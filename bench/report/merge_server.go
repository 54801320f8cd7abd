package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/exitfound/lologen/bench/scrape"
)

// mergeServers counts a server once that several processes looked at, by the longest look.
func mergeServers(reports []*Report) *scrape.Change {
	longest := map[string]*scrape.Change{}
	var urls []string
	for _, r := range reports {
		s := r.Server
		if s == nil {
			continue
		}
		if longest[s.URL] == nil {
			urls = append(urls, s.URL)
		}
		if longest[s.URL] == nil || s.Took > longest[s.URL].Took {
			longest[s.URL] = s
		}
	}
	if len(urls) == 0 {
		return nil
	}
	m := *longest[urls[0]]
	m.Discarded = slices.Clone(m.Discarded)
	for _, url := range urls[1:] {
		addServer(&m, longest[url])
	}
	return &m
}

func addServer(m *scrape.Change, s *scrape.Change) {
	m.URL += "+" + s.URL
	m.Took = max(m.Took, s.Took)
	m.Restarted = m.Restarted || s.Restarted
	m.Failed = cmp.Or(m.Failed, s.Failed)
	m.Received.Lines += s.Received.Lines
	m.Received.Bytes += s.Received.Bytes
	m.Streams.Before += s.Streams.Before
	m.Streams.After += s.Streams.After
	m.Streams.Most += s.Streams.Most
	m.Streams.Created += s.Streams.Created
	m.CPU += s.CPU
	m.RSS += s.RSS
	requests := m.Push.Requests + s.Push.Requests
	m.Push.Mean = ratio(m.Push.Mean*float64(m.Push.Requests)+s.Push.Mean*float64(s.Push.Requests), float64(requests))
	m.Push.Requests = requests
	for _, d := range s.Discarded {
		i := slices.IndexFunc(m.Discarded, func(e scrape.Discards) bool { return e.Reason == d.Reason })
		if i < 0 {
			m.Discarded = append(m.Discarded, d)
			continue
		}
		m.Discarded[i].Lines += d.Lines
		m.Discarded[i].Bytes += d.Bytes
	}
	slices.SortStableFunc(m.Discarded, func(a, b scrape.Discards) int { return cmp.Compare(b.Lines, a.Lines) })
}

// serverGrids are what went on at each server, by its URL and the interval of the merged series.
type serverGrids map[string]map[int]serverCell

// A serverCell is an interval at a server, by the process that looked at it for longest.
type serverCell struct {
	served
	unanswered float64
	silent     bool
	took       float64
}

// take moves what a process saw at its server out of one of its intervals. Of several that looked at
// the same one that has the say which did so for longest, as in the totals; the others where it knows
// nothing.
func (g serverGrids) take(r *Report, cell int, i *interval) {
	if i.server == nil {
		return
	}
	c := serverCell{served: *i.server, unanswered: i.unanswered, silent: i.silent()}
	i.server, i.unanswered = nil, 0
	url := ""
	if r.Server != nil {
		url, c.took = r.Server.URL, r.Server.Took
	}
	if g[url] == nil {
		g[url] = map[int]serverCell{}
	}
	if before, known := g[url][cell]; !known || before.silent && !c.silent || before.silent == c.silent && c.took > before.took {
		g[url][cell] = c
	}
}

// give adds all servers to the intervals.
func (g serverGrids) give(grid map[int]*interval) {
	for _, url := range slices.Sorted(maps.Keys(g)) {
		for cell, c := range g[url] {
			i := grid[cell]
			if i.server == nil {
				i.server = new(served)
			}
			*i.server = i.server.plus(c.served)
			i.unanswered = max(i.unanswered, c.unanswered)
		}
	}
}
