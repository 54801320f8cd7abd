package sinks

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/exitfound/lologen/emitter"
)

// confirms reports whether the answer says that the lines were taken. 260 is what Loki says of
// lines that it has dropped.
func (c *client) confirms() bool {
	status := c.resp.StatusCode()
	return status >= 200 && status <= 299 && status != 260
}

// refused is the outcome of an answer that does not confirm: the lines are certainly not there,
// except after a server's own failure, which may have come after it stored them.
func (c *client) refused(now time.Time) *emitter.Outcome {
	status := c.resp.StatusCode()
	o := &emitter.Outcome{
		Unknown: status >= 500,
		Retry:   status >= 500 || status == fasthttp.StatusTooManyRequests,
		Reason:  "http_" + strconv.Itoa(status),
		Status:  status,
		Err:     fmt.Errorf("%s: %s", c.name, c.answer(status)),
	}
	if status == fasthttp.StatusTooManyRequests {
		o.Reason = "rate_limited"
	}
	if o.Retry {
		o.After = retryAfter(c.resp.Header.Peek(fasthttp.HeaderRetryAfter), now)
	}
	return o
}

// answer is the status and the beginning of the body.
func (c *client) answer(status int) string {
	const read, shown = 4 << 10, 256
	body := c.link.body.Bytes()
	text := strings.TrimSpace(c.secrets.Replace(string(body[:min(len(body), read)])))
	text = strings.ToValidUTF8(text[:min(len(text), shown)], "")
	head := strconv.Itoa(status)
	if words := fasthttp.StatusMessage(status); words != fasthttp.StatusMessage(-1) {
		head += " " + words
	}
	if text == "" {
		return head
	}
	return head + ": " + text
}

// retryAfter reads a Retry-After (RFC 9110 10.2.3), within an hour.
func retryAfter(value []byte, now time.Time) time.Duration {
	const most = time.Hour
	if len(value) == 0 {
		return 0
	}
	if seconds, err := strconv.ParseUint(string(value), 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(most/time.Second))) * time.Second
	} else if errors.Is(err, strconv.ErrRange) {
		return most
	}
	date, err := fasthttp.ParseHTTPDate(value)
	if err != nil {
		return 0
	}
	return min(most, max(0, date.Sub(now)))
}

// unsent is the outcome of lines that no request was made of.
func (c *client) unsent(reason, format string, args ...any) error {
	return &emitter.Outcome{
		Unsent: true,
		Reason: reason,
		Err:    fmt.Errorf("%s: not sent: %s", c.name, fmt.Sprintf(format, args...)),
	}
}

// failed is the outcome of a request without an answer. Lines of which not a byte was written
// are certainly not there.
func (c *client) failed(err error, connected, written bool) error {
	o := &emitter.Outcome{Unknown: connected && written, Retry: true}
	var text string
	o.Reason, text = c.why(err)
	var refusal *tlsError
	if errors.As(err, &refusal) {
		o.Unknown, o.Retry = false, false
	}
	if c.link.ctx.Err() != nil {
		o.Reason, text, o.Retry = "canceled", "given up, as the run has ended", false
	}
	o.Err = fmt.Errorf("%s: %s", c.name, c.secrets.Replace(text))
	return o
}

// why puts err into a word for counting and a few for reading.
func (c *client) why(err error) (word, text string) {
	var (
		refusal *tlsError
		garbled *badAnswer
		dns     *net.DNSError
	)
	switch {
	case errors.As(err, &refusal):
		return "tls", tlsText(err)
	case errors.As(err, &garbled):
		return "bad_answer", "unreadable answer: " + err.Error()
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no_such_host", "no such host"
	case errors.As(err, &dns) && dns.IsTimeout:
		return "timeout", "no answer from the name server"
	case errors.As(err, &dns):
		return "name_resolution", "resolve host: " + dns.Err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection_closed", "connection closed before the end of an answer"
	}
	switch word = reason(err); word {
	case "timeout":
		return word, fmt.Sprintf("no answer within %v", c.Timeout)
	case "other":
		return word, err.Error()
	}
	return word, strings.ReplaceAll(word, "_", " ")
}

// tlsText says that it is about TLS exactly once.
func tlsText(err error) string {
	text := err.Error()
	if strings.Contains(text, "tls: ") {
		return text
	}
	return "tls: " + text
}

// isCertificateAlert reports whether the server ended TLS because of our certificate, or the
// lack of one. In TLS 1.3 that arrives after the client has begun to send (RFC 8446 4.4.2.4),
// but a server that has not finished its handshake has not looked at what was sent.
func isCertificateAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error" && strings.Contains(op.Err.Error(), "certificate")
}
