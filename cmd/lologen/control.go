package main

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"sync"

	"github.com/exitfound/lologen/bench/metrics"
	"github.com/exitfound/lologen/bench/report"
	"github.com/exitfound/lologen/emitter"
)

// steering changes the rate of a run on request.
type steering struct {
	control *emitter.Control
	mean    float64                        // bytes of a line
	told    func(how string, most float64) // of each change, in words, and of the highest rate from then on; +Inf: who knows

	mu  sync.Mutex // for what is done with a rate after it was read
	own bool       // a rate was set: the plan does not come back
}

// newSteering is for the run that l is.
func newSteering(l *load) *steering {
	return &steering{control: emitter.NewControl(l.plan.Schedule), mean: l.mean}
}

// rate is what is asked for now, in lines a second: 0 is a pause, +Inf unpaced.
func (s *steering) rate() float64 { return s.control.Rate() }

// set asks for a rate, in lines a second; +Inf is unpaced. It takes the place of a profile.
func (s *steering) set(rate float64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.change(rate)
}

func (s *steering) change(rate float64) error {
	if err := s.control.Set(rate); err != nil {
		return err
	}
	s.own = s.own || rate > 0
	how := "paused"
	if rate > 0 {
		how = inWords(rate) + " from now on"
	}
	s.told(how, rate)
	return nil
}

func inWords(rate float64) string {
	if math.IsInf(rate, 1) {
		return "as fast as possible"
	}
	return report.Decimal(rate) + " lines/s"
}

// pause asks for nothing until resume.
func (s *steering) pause() error { return s.set(0) }

// resume asks for what a pause interrupted, a profile from where it was; without a pause it changes
// nothing.
func (s *steering) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.control.Resume() {
		return
	}
	rate := s.control.Rate()
	how := "goes on, " + inWords(rate)
	if !s.own {
		rate = math.Inf(1) // of a profile, and it ends later
	}
	s.told(how, rate)
}

// nudge raises or lowers the rate by a share of it, which is the present one of a profile, and stays.
// What is unpaced or paused stays so.
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
		"POST /resume": func(w http.ResponseWriter, _ *http.Request) { s.resume(); s.answer(w, nil) },
	}
}

// mostControl bounds what is read of a request.
const mostControl = 4 << 10

// postRate takes {"rate": "50k"}, in all that --rate accepts, or a number of lines a second; 0 is a
// pause.
func (s *steering) postRate(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Rate any }
	body, err := io.ReadAll(io.LimitReader(r.Body, mostControl))
	if err == nil {
		err = json.Unmarshal(body, &asked)
	}
	text := ""
	switch rate := asked.Rate.(type) {
	case string:
		text = rate
	case float64:
		text = strconv.FormatFloat(rate, 'f', -1, 64)
	default:
		err = cmp.Or(err, errBody)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, errBody.Error())
		return
	}
	if none, ok := parsePace(text); ok && none.lines+none.bytes == 0 {
		s.answer(w, s.pause())
		return
	}
	rate, err := parseRate(text)
	if err != nil {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("rate %.50q: accepted %v", text, err))
		return
	}
	lines := rate.perSecond(s.mean)
	if rate.max {
		lines = math.Inf(1)
	}
	s.answer(w, s.set(lines))
}

var errBody = errors.New(`accepted is a body like {"rate": "50k"}`)

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
