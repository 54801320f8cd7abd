package main

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// paces are flags of which one says when lines are due; --rate overrides -T.
var paces = []string{"rate", "interval", "stages", "profile"}

// rivals are those that cannot be said with stages, or with a profile.
var rivals = map[string][]string{"stages": {"rate", "interval", "duration", "profile"}, "profile": {"rate", "interval"}}

// settle leaves one pace: the one that argv gives wins over that of the environment, and so on. Two
// of one origin are wrong use.
func (v *values) settle() error {
	highest := fromDefault
	for _, name := range paces {
		highest = max(highest, v.of(name).origin)
	}
	for _, name := range paces {
		if v.of(name).origin < highest {
			v.drop(name)
		}
	}
	if stages, d := v.of("stages"), v.of("duration"); d.origin < stages.origin {
		v.drop("duration") // stages have a length of their own
	} else if d.origin > stages.origin && stages.origin > fromDefault {
		return v.cutStages(stages, d)
	}
	for _, name := range []string{"stages", "profile"} {
		for _, rival := range rivals[name] {
			if s, r := v.of(name), v.of(rival); s.origin > fromDefault && r.origin > fromDefault {
				return eitherOr(s, r)
			}
		}
	}
	return nil
}

func eitherOr(a, b said) error {
	return usagef("%s and %s: accepted is one of them, as both say when lines are due", a.spelt, b.spelt)
}

// drop makes what was said of a flag moot.
func (v *values) drop(name string) {
	if s := v.of(name); s.flag != nil {
		v.moot = append(v.moot, s)
	}
	v.said = slices.DeleteFunc(v.said, func(s said) bool { return s.flag.name == name })
}

// replace puts other values in the place of those that were said of a flag.
func (v *values) replace(name string, list []string) {
	for i := range v.said {
		if v.said[i].flag.name == name {
			v.said[i].values = list
		}
	}
}

// cutStages ends stages where a duration does that was said over them. What cannot be read is left
// to whoever reads it.
func (v *values) cutStages(s, duration said) error {
	list, err := parseStages(strings.Join(s.values, ","))
	d, ok := parseTime(duration.values[len(duration.values)-1])
	if err != nil || !ok || d == 0 {
		return nil
	}
	list, ok = list.cut(d)
	if !ok {
		return eitherOr(s, duration)
	}
	v.drop("duration")
	v.replace("stages", []string{list.String()})
	return nil
}

// cut is the stages up to a time above 0. ok is false if that is in a ramp from lines to bytes, or
// back: nobody can write down where it has got to.
func (list stages) cut(d time.Duration) (short stages, ok bool) {
	for i, s := range list {
		if s.length < d {
			d -= s.length
			continue
		}
		s.to, ok = s.rate(d)
		s.length = d
		return append(slices.Clip(list[:i]), s), ok
	}
	return list, true
}

// rate is that at a time of the stage.
func (s stage) rate(at time.Duration) (rate, bool) {
	share := float64(at) / float64(s.length)
	if share == 1 || s.from == s.to {
		return s.to, true
	}
	r := rate{
		lines: s.from.lines + (s.to.lines-s.from.lines)*share,
		bytes: s.from.bytes + (s.to.bytes-s.from.bytes)*share,
	}
	r.asked = r.write()
	return r, r.lines == 0 || r.bytes == 0
}

// write is how the rate would be written.
func (r rate) write() string {
	x, unit := r.lines, ""
	if r.bytes > 0 {
		x, unit = r.bytes, "B"
	}
	for _, prefix := range []string{"G", "M", "k"} {
		if factor := counts[prefix]; x >= factor {
			x, unit = x/factor, prefix+unit
			break
		}
	}
	return strconv.FormatFloat(x, 'f', -1, 64) + unit
}
