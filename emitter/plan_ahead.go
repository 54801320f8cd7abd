package emitter

import "time"

// course is that of the plan as long as nobody changes it.
func (p *Plan) course() *course {
	count := uint64(forever)
	if p.Count > 0 {
		count = p.Count
	}
	return newCourse(p.Schedule, count, p.Duration)
}

// Window returns for how long the plan has lines: until its duration or its profile is over, or the
// line after its last would be due. ok is false if that is not known before it has run.
func (p *Plan) Window() (d time.Duration, ok bool) {
	d, ok = p.Duration, p.Duration > 0 && p.Count == 0
	if p.Schedule != nil {
		d = p.course().plannedEnd()
		ok = d < always
	}
	if !ok {
		return 0, false
	}
	return d, true
}

// Lines returns how many lines are due in all. ok is false if that is not known before it has run.
func (p *Plan) Lines() (n uint64, ok bool) {
	n, ok = p.Count, p.Count > 0 && p.Duration == 0
	if p.Schedule != nil {
		n = p.course().total
		ok = n < forever
	}
	if !ok {
		return 0, false
	}
	return n, true
}

// Asked returns how many lines a second the plan asks for, on average and at most, as far as it goes.
// ok is false if it is unpaced.
func (p *Plan) Asked() (mean, peak float64, ok bool) {
	profile, ok := p.Schedule.(Profile)
	if !ok {
		return 0, 0, false
	}
	window, _ := p.Window()
	n, _ := p.Lines()
	return meanOf(profile, n, window), profile.Peak(window), true
}

// meanOf is the mean rate of a profile that has so many lines in a time. Chance may have made them
// more or fewer than its rate says, and then it is they that were asked for. A Rate is what it is.
func meanOf(p Profile, lines uint64, window time.Duration) float64 {
	if _, constant := p.(Rate); constant || lines == 0 || window == 0 {
		return p.Mean(window)
	}
	return float64(lines) / window.Seconds()
}
