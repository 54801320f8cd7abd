//go:build integration

package report

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A browser is a Chromium without a window, spoken to over pipes in the DevTools protocol:
// messages of JSON, each ended by a zero byte.
type browser struct {
	t       *testing.T
	to      *os.File
	replies chan message
	session string
	last    int

	mutex    sync.Mutex // of what the reading goroutine writes
	requests []string   // addresses that were asked for
	problems []string   // what a console would show
	loaded   chan struct{}
}

type message struct {
	ID        int             `json:"id"`
	Method    string          `json:"method"`
	SessionID string          `json:"sessionId"`
	Params    json.RawMessage `json:"params"`
	Result    json.RawMessage `json:"result"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// patience is how long a browser may take for anything, on a machine that is busy with others.
const patience = 60 * time.Second

// startBrowser starts a browser with one empty page and ends it with the test.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	fromUs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, toUs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--remote-debugging-pipe", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-extensions", "--disable-sync", "--hide-scrollbars", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{fromUs, toUs} // 3, where it reads, and 4, where it writes
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fromUs.Close()
	toUs.Close()
	b := &browser{t: t, to: to, replies: make(chan message), loaded: make(chan struct{}, 16)}
	var reading sync.WaitGroup
	reading.Go(func() { b.read(from) })
	t.Cleanup(func() {
		b.call("Browser.close", nil)
		to.Close()
		reading.Wait()
		from.Close()
		cmd.Wait()
	})
	b.attach()
	return b
}

func (b *browser) attach() {
	b.t.Helper()
	var target struct {
		TargetID string `json:"targetId"`
	}
	b.into(&target, "Target.createTarget", map[string]any{"url": "about:blank"})
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	b.into(&attached, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true})
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil)
	}
}

// read hands replies on and keeps what events tell.
func (b *browser) read(from *os.File) {
	defer close(b.replies)
	lines := bufio.NewReader(from)
	for {
		text, err := lines.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			return
		}
		if m.ID != 0 {
			b.replies <- m
			continue
		}
		b.event(m)
	}
}

func (b *browser) event(m message) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch m.Method {
	case "Page.loadEventFired":
		b.loaded <- struct{}{}
	case "Network.requestWillBeSent":
		var p struct {
			Request struct {
				URL string `json:"url"`
			} `json:"request"`
		}
		json.Unmarshal(m.Params, &p)
		b.requests = append(b.requests, p.Request.URL)
	case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening":
		b.problems = append(b.problems, m.Method+" "+string(m.Params))
	}
}

// seen returns the requests and problems since it was last asked.
func (b *browser) seen() (requests, problems []string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	requests, problems = b.requests, b.problems
	b.requests, b.problems = nil, nil
	return requests, problems
}

func (b *browser) call(method string, params any) json.RawMessage {
	b.t.Helper()
	result, err := b.try(method, params)
	if err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	return result
}

func (b *browser) try(method string, params any) (json.RawMessage, error) {
	b.last++
	request := map[string]any{"id": b.last, "method": method}
	if params != nil {
		request["params"] = params
	}
	if b.session != "" && !strings.HasPrefix(method, "Browser.") && !strings.HasPrefix(method, "Target.") {
		request["sessionId"] = b.session
	}
	text, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		return nil, err
	}
	select {
	case m, ok := <-b.replies:
		if !ok {
			return nil, errors.New("the browser has gone")
		}
		if m.Error != nil {
			return nil, errors.New(m.Error.Message)
		}
		if m.ID != b.last {
			return nil, fmt.Errorf("answer %d to question %d", m.ID, b.last)
		}
		return m.Result, nil
	case <-time.After(patience):
		return nil, fmt.Errorf("no answer in %s", patience)
	}
}

func (b *browser) into(target any, method string, params any) {
	b.t.Helper()
	if err := json.Unmarshal(b.call(method, params), target); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
}

// open loads a page from a file and waits until it is drawn.
func (b *browser) open(path string) {
	b.t.Helper()
	for len(b.loaded) > 0 {
		<-b.loaded
	}
	b.call("Page.navigate", map[string]any{"url": "file://" + path})
	select {
	case <-b.loaded:
	case <-time.After(patience):
		b.t.Fatal("the page does not load")
	}
	b.settle()
}

// settle waits for two frames: what was resized has been drawn then.
func (b *browser) settle() {
	b.t.Helper()
	b.eval(nil, "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))))")
}

// eval evaluates an expression in the page, waits for it if it is a promise, and stores its value.
func (b *browser) eval(target any, expression string) {
	b.t.Helper()
	var reply struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	b.into(&reply, "Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true})
	if e := reply.Exception; e != nil {
		b.t.Fatalf("%s: %s %s", expression, e.Text, e.Exception.Description)
	}
	if target == nil {
		return
	}
	if err := json.Unmarshal(reply.Result.Value, target); err != nil {
		b.t.Fatalf("%s: %v in %s", expression, err, reply.Result.Value)
	}
}

// look sets the window's width and the colours that the reader prefers.
func (b *browser) look(width int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{
		"width": width, "height": 900, "deviceScaleFactor": 2, "mobile": width < 500})
	b.call("Emulation.setEmulatedMedia", map[string]any{
		"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}})
	b.settle()
}

func (b *browser) press(key string) {
	b.t.Helper()
	code := map[string]int{"Tab": 9, "ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35, "Escape": 27}[key]
	for _, kind := range []string{"keyDown", "keyUp"} {
		b.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code})
	}
	b.settle()
}

// picture returns the whole page as a PNG.
func (b *browser) picture() []byte {
	b.t.Helper()
	var shot struct {
		Data string `json:"data"`
	}
	b.into(&shot, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true})
	return b.decode(shot.Data)
}

// print returns the page on paper as a PDF.
func (b *browser) print() []byte {
	b.t.Helper()
	var printed struct {
		Data string `json:"data"`
	}
	b.into(&printed, "Page.printToPDF", map[string]any{"preferCSSPageSize": true})
	return b.decode(printed.Data)
}

func (b *browser) decode(text string) []byte {
	b.t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		b.t.Fatal(err)
	}
	return raw
}

// keep writes a picture where whoever wants to look at it says, and does nothing otherwise.
func keep(t *testing.T, name string, picture []byte) {
	t.Helper()
	dir := os.Getenv("LOLOGEN_TEST_PICTURES")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
