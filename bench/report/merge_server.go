package report

import (
	"cmp"
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
