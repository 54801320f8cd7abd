package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/exitfound/lologen/sinks"
)

func lokiFlags() []flag {
	return []flag{
		{name: "label", group: groupLoki, value: "K=V", initial: "job=<name>", usage: "of the streams; {a,b} and {0..9} expand (repeatable)", only: lokiOnly, repeat: true,
			set: func(o *options, s string) error {
				l, err := sinks.ParseLabel(s)
				if err != nil {
					return fmt.Errorf("is name=value, like app=web or pod={0..49}: %w", err)
				}
				o.loki.Labels = append(o.loki.Labels, l)
				return nil
			}},
		{name: "level-label", group: groupLoki, usage: "the level becomes a label, too", only: lokiOnly,
			set: setSwitch(func(o *options) *bool { return &o.loki.Level })},
		{name: "tenant", group: groupLoki, value: "NAME", usage: "X-Scope-OrgID of all streams", only: lokiOnly,
			set: func(o *options, s string) error { return setTenant(&o.loki.Tenant, s) }},
		{name: "tenants", group: groupLoki, value: "N", usage: "spread the streams over tenant-0, tenant-1, ...", only: lokiOnly,
			set: func(o *options, s string) error {
				return setInt(&o.loki.Tenants, s, 1, mostStreams, "is a whole number from 1 to 10000000")
			}},
		{name: "structured-metadata", group: groupLoki, value: "K=V", usage: "of every line: {rand16}, {uuid}, {seq} (repeatable)", only: lokiOnly, repeat: true,
			set: func(o *options, s string) error {
				m, err := sinks.ParseMetadata(s)
				if err != nil {
					return fmt.Errorf("is name=value, like trace_id={rand16}: %w", err)
				}
				o.loki.Metadata = append(o.loki.Metadata, m)
				return nil
			}},
		{name: "churn", group: groupLoki, value: "SHARE/TIME", initial: "none", usage: "streams replaced by new ones: 10%/m", only: lokiOnly,
			set: func(o *options, s string) error {
				share, period, ok := parseShareOver(s)
				if !ok {
					return errors.New("are a share of the streams and a time, like 10%/m, 100%/1h or 5%/30s")
				}
				o.loki.Churn = sinks.Churn{Share: share, Period: period}
				return nil
			}},
		{name: "out-of-order", group: groupLoki, value: "SHARE/TIME", initial: "none", usage: "lines with a time of up to so long ago: 5%/30s", only: lokiOnly,
			set: func(o *options, s string) error {
				share, most, ok := parseShareOver(s)
				if !ok {
					return errors.New("are a share of the lines and how far back they lie at most, like 5%/30s")
				}
				o.loki.Disorder = sinks.Disorder{Share: share, Most: most}
				return nil
			}},
		{name: "timestamp-offset", group: groupLoki, value: "TIME", initial: "0", usage: "added to every line's time: -2h", only: lokiOnly,
			set: func(o *options, s string) error {
				d, ok := parseTime(strings.TrimPrefix(s, "-"))
				if !ok {
					return errors.New("are seconds or a duration, to the past with a minus (-2h, 15m)")
				}
				if o.loki.Offset = d; strings.HasPrefix(s, "-") {
					o.loki.Offset = -d
				}
				return nil
			}},
		{name: "streams-per-request", group: groupLoki, value: "N", initial: "auto", usage: "auto: 1 where that fills 64 KiB, else many", only: lokiOnly,
			set: func(o *options, s string) error {
				if strings.EqualFold(s, "auto") {
					return nil
				}
				return setInt(&o.loki.perRequest, s, 1, mostStreams, "are auto and whole numbers from 1 to 10000000")
			}},
		{name: "encoding", group: groupLoki, value: "HOW", initial: "protobuf", usage: "protobuf, json", only: lokiOnly,
			set: func(o *options, s string) (err error) { o.loki.encoding, err = oneOf(s, "protobuf", "json"); return }},
		{name: "compression", group: groupLoki, value: "HOW", initial: "by encoding", usage: "protobuf: snappy, none; json: none, gzip", only: lokiOnly,
			set: func(o *options, s string) (err error) {
				o.loki.compression, err = oneOf(s, "snappy", "none", "gzip")
				return
			}},
		{name: "scrape", group: groupLoki, value: "URL", initial: "its /metrics", usage: "what Loki says of itself, in the report; or none", only: lokiOnly,
			set: func(o *options, s string) error {
				if o.loki.scrape = s; strings.EqualFold(s, "none") {
					o.loki.scrape = "none"
					return nil
				}
				if err := sinks.CheckURL(s); err != nil {
					return fmt.Errorf("are none and a URL like http://loki:3100/metrics: %w", err)
				}
				return nil
			}},
	}
}

// setTenant reads the name of a tenant, as Loki takes it (dskit's tenant.ValidTenantID).
func setTenant(at *string, s string) error {
	const special = "!-_.*'()"
	valid := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(special, r)
	}
	if s == "" || len(s) > 150 || s == "." || s == ".." || strings.IndexFunc(s, func(r rune) bool { return !valid(r) }) >= 0 {
		return errors.New("are 1 to 150 letters, digits and " + special)
	}
	*at = s
	return nil
}

// parseShareOver reads a share and a time: 10%/m, 0.1/30s.
func parseShareOver(s string) (share float64, over time.Duration, ok bool) {
	left, right, found := strings.Cut(s, "/")
	if !found {
		return 0, 0, false
	}
	share, isShare := parseShare(left)
	if seconds, isUnit := spans[right]; isUnit && right != "" {
		over = time.Duration(seconds * float64(time.Second))
	} else if over, ok = parseTime(right); !ok {
		return 0, 0, false
	}
	return share, over, isShare && share > 0 && over > 0
}
