package main

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"

	"github.com/exitfound/lologen/bench/metrics"
	"github.com/exitfound/lologen/emitter"
)

// steering changes the rate of a run on request.
type steering struct {
	control *emitter.Control
	unpaced bool    // by the plan
	mean    float64 // bytes of a line
	mixed   float64 // the mean rate of a profile that changes; 0: it does not
	told    func(rate float64)

	changed atomic.Bool // the rate

	mu     sync.Mutex
	before float64 // what a pause interrupted
}

// newSteering is for the run that l is.
func newSteering(l *load) *steering {
	s := &steering{control: emitter.NewControl(), unpaced: l.plan.Schedule == nil, mean: l.mean, before: math.Inf(1)}
	if l.shown.Rate != nil {
		s.before = *l.shown.Rate // also if a pause comes before the first line
		if l.shown.Schedule != "" {
			s.mixed = s.before
		}
	}
	return s
}

// rate is what is asked for now, in lines a second: 0 is a pause, +Inf unpaced.
func (s *steering) rate() float64 {
	if s.unpaced && !s.changed.Load() { // also while the run does not go on
		return math.Inf(1)
	}
	return s.control.Rate()
}

// set asks for a rate, in lines a second; +Inf is unpaced.
func (s *steering) set(rate float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(rate)
}

func (s *steering) change(rate float64) error {
	if err := s.control.Set(rate); err != nil {
		return err
	}
	s.changed.Store(true)
	s.told(rate)
	return nil
}

// pause asks for nothing until resume. It ends a profile: after it comes the profile's mean.
func (s *steering) pause() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.control.Rate(); s.mixed > 0 && !s.changed.Load() {
		s.before = s.mixed
	} else if now > 0 {
		s.before = now
	}
	return s.change(0)
}

// resume asks for what a pause interrupted; without a pause it changes nothing.
func (s *steering) resume() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.control.Rate() > 0 || s.before == 0 {
		return nil
	}
	return s.change(s.before)
}

// nudge raises or lowers the rate by a share of it. What is unpaced or paused stays so.
func (s *steering) nudge(share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.control.Rate(); now > 0 && !math.IsInf(now, 1) {
		_ = s.change(min(now*(1+share), float64(emitter.MaxRate))) // such a rate there is
	}
}

// watchSignals raises and lowers the rate by a tenth, as signals ask, until ctx ends.
func (s *steering) watchSignals(ctx context.Context) {
	up, down := steeringSignals()
	if up == nil {
		return // this system has no such signals
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, up, down)
	defer signal.Stop(signals)
	for {
		select {
		case <-ctx.Done():
			return
		case sig := <-signals:
			share := 0.1
			if sig == down {
				share = -0.1
			}
			s.nudge(share)
		}
	}
}

// controlHeader is one that a web page cannot send to another site without asking first (Fetch
// standard, CORS-safelisted request-header), which is never granted here.
const controlHeader = "X-Lologen-Control"

// gate lets only those through who may change a run.
type gate struct {
	address string // that is listened on, host:port
	token   string // empty: none is needed, on loopback
	next    http.Handler
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !g.isHost(r.Host): // a name that was made to point here
		refuse(w, http.StatusMisdirectedRequest, "the Host header does not name this server")
	case r.Header.Get(controlHeader) == "":
		refuse(w, http.StatusForbidden, "the header "+controlHeader+": 1 is needed")
	case g.token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+g.token)) != 1:
		refuse(w, http.StatusUnauthorized, "the token is needed: Authorization: Bearer ...")
	default:
		g.next.ServeHTTP(w, r)
	}
}

// isHost reports whether a Host header names this server: by its address, or as localhost. Where
// it listens on every address nobody knows its names, but there a token is needed.
func (g *gate) isHost(host string) bool {
	name, port, err := net.SplitHostPort(host)
	own, ownPort, _ := net.SplitHostPort(g.address)
	if err != nil || port != ownPort {
		return false
	}
	ip, ownIP := net.ParseIP(name), net.ParseIP(own)
	switch {
	case own == "" || ownIP != nil && ownIP.IsUnspecified():
		return true
	case ip != nil && ownIP != nil:
		return ip.Equal(ownIP)
	}
	return name == own || name == "localhost" && ownIP != nil && ownIP.IsLoopback() || own == "localhost" && ip != nil && ip.IsLoopback()
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": why})
}

// handlers are the requests that change a run, by their patterns.
func (s *steering) handlers() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"POST /rate":   s.postRate,
		"POST /pause":  func(w http.ResponseWriter, _ *http.Request) { s.answer(w, s.pause()) },
		"POST /resume": func(w http.ResponseWriter, _ *http.Request) { s.answer(w, s.resume()) },
	}
}

// mostControl bounds what is read of a request.
const mostControl = 4 << 10

// postRate takes {"rate": "50k"}, in all that --rate accepts, and 0 for a pause.
func (s *steering) postRate(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Rate string }
	body, err := io.ReadAll(io.LimitReader(r.Body, mostControl))
	if err == nil {
		err = json.Unmarshal(body, &asked)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, `accepted is a body like {"rate": "50k"}`)
		return
	}
	if asked.Rate == "0" {
		s.answer(w, s.pause())
		return
	}
	rate, err := parseRate(asked.Rate)
	if err != nil {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("rate %.50q: accepted %v", asked.Rate, err))
		return
	}
	lines := rate.perSecond(s.mean)
	if rate.max {
		lines = math.Inf(1)
	}
	s.answer(w, s.set(lines))
}

// answer says which rate is asked for now: lines a second, 0 in a pause, null if unpaced.
func (s *steering) answer(w http.ResponseWriter, err error) {
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	now := struct {
		Rate *float64 `json:"rate"`
	}{}
	if rate := s.control.Rate(); !math.IsInf(rate, 1) {
		now.Rate = &rate
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(now)
}

// readControl checks who may change a run, and reads the token.
func (o *options) readControl(v *values) error {
	if !o.allowControl {
		if s := v.of("control-token-file"); s.origin == fromArgv {
			return usagef("%s: accepted with --allow-control", s.spelt)
		}
		return nil
	}
	s := v.of("allow-control")
	if o.metrics == "" {
		return usagef("%s: accepted with --metrics-listen, where requests are taken", s.spelt)
	}
	var err error
	if o.controlToken, err = secret(o.controlFile, v.env["LOLOGEN_CONTROL_TOKEN"]); err != nil {
		return usagef("%s: %w", v.of("control-token-file").spelt, err)
	}
	host, _, _ := net.SplitHostPort(o.metrics)
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) && o.controlToken == "" {
		return usagef("%s on %s: accepted off loopback with a token, in --control-token-file or LOLOGEN_CONTROL_TOKEN", s.spelt, o.metrics)
	}
	return nil
}

// mount lets requests change the run, on the metrics' server.
func (s *steering) mount(o *options, server *metrics.Server) {
	host, _, _ := net.SplitHostPort(o.metrics)
	u, _ := url.Parse(server.URL())
	for pattern, h := range s.handlers() {
		server.Handle(pattern, &gate{address: net.JoinHostPort(host, u.Port()), token: o.controlToken, next: h})
	}
}
