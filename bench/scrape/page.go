package scrape

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostPage is the longest page that is read, in bytes. A Loki with one tenant has 150 kB of it.
const mostPage = 16 << 20

// A page is where a server shows its metrics.
type page struct {
	url    string
	header http.Header
	client *http.Client
	err    error // why there is none
}

func newClient(t *tls.Config) *http.Client {
	return &http.Client{
		// No proxy: the numbers have to be those of the host that was named.
		Transport: &http.Transport{
			TLSClientConfig:        t,
			MaxConnsPerHost:        1,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: stay,
	}
}

// stay follows a few redirects that lead nowhere else: the numbers would be another's, and so
// would the credentials.
func stay(next *http.Request, before []*http.Request) error {
	switch {
	case !sameOrigin(next.URL, before[0].URL):
		return errors.New("redirected to another server")
	case len(before) > 3:
		return errors.New("redirected too often")
	}
	return nil
}

// read fetches the page and reads the metrics in it.
func (p *page) read(ctx context.Context) (reading, error) {
	if p.err != nil {
		return reading{}, p.err
	}
	body, err := p.fetch(ctx)
	if err != nil {
		return reading{}, fmt.Errorf("fetch metrics: %w", err)
	}
	r, err := parse(body)
	if err != nil {
		return reading{}, fmt.Errorf("read metrics: %s", clean(err.Error())) // it quotes the page
	}
	return r, nil
}

// fetch returns the lines of the page that matter.
func (p *page) fetch(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return nil, reason(err)
	}
	req.Header, req.Host = p.header, p.header.Get("Host")
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, reason(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("server answered %d", resp.StatusCode)
	}
	return relevant(resp.Body)
}

// reason leaves out the URL, whose query may be no one's business.
func reason(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	return err
}

var (
	errNotLoki = errors.New("the page holds no metrics of a Loki")
	errTooLong = fmt.Errorf("the page is longer than %d MiB", mostPage>>20)
)

// relevant keeps the samples that are read, and no comments: a large Loki has megabytes of others,
// and parsing them once a second would cost what lologen is there to measure.
func relevant(page io.Reader) ([]byte, error) {
	limited := &io.LimitedReader{R: page, N: mostPage + 1}
	lines := bufio.NewReaderSize(limited, 64<<10)
	var kept bytes.Buffer
	loki, keep, begin := false, false, true
	for {
		// A piece is a line, or the next part of one that is longer than the buffer.
		piece, err := lines.ReadSlice('\n')
		if begin {
			keep = wanted(piece)
			loki = loki || bytes.HasPrefix(piece, []byte("loki_"))
		}
		if keep {
			kept.Write(piece)
		}
		begin = !errors.Is(err, bufio.ErrBufferFull)
		switch {
		case limited.N == 0:
			return nil, errTooLong
		case err == io.EOF && !loki:
			return nil, errNotLoki
		case err == io.EOF:
			return kept.Bytes(), nil
		case err != nil && begin:
			return nil, reason(err)
		}
	}
}

// wanted reports whether a line is a sample of a metric that is read.
func wanted(line []byte) bool {
	end := bytes.IndexAny(line, "{ \t")
	if end < 0 {
		return false
	}
	_, ok := field(string(line[:end]))
	return ok
}

// mostText is how many bytes of a server's words are kept.
const mostText = 256

// clean makes text from outside fit to be shown: a server's words must not move a cursor.
func clean(s string) string {
	var b strings.Builder
	for _, c := range s {
		if !unicode.IsPrint(c) {
			c = ' '
		}
		if b.Len()+utf8.RuneLen(c) > mostText {
			break
		}
		b.WriteRune(c)
	}
	return b.String()
}
