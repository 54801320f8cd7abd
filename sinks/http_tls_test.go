package sinks

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority signs certificates for tests.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir(), key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.file = a.write("ca.pem", "CERTIFICATE", der)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) write(name, kind string, der []byte) string {
	a.t.Helper()
	file := filepath.Join(a.dir, name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return file
}

// sign returns the files of a certificate, for 127.0.0.1, and of its key.
func (a *authority) sign(name string, usage x509.ExtKeyUsage) (certFile, keyFile string) {
	a.t.Helper()
	key := newKey(a.t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.write(name+".pem", "CERTIFICATE", der), a.write(name+".key", "EC PRIVATE KEY", keyDER)
}

// serveTLS serves with a certificate of a's, and asks for a client certificate of a's if told to.
func (a *authority) serveTLS(auth tls.ClientAuthType, version uint16) (*httptest.Server, *recorder) {
	a.t.Helper()
	pair, err := tls.LoadX509KeyPair(a.sign("server", x509.ExtKeyUsageServerAuth))
	if err != nil {
		a.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	r := new(recorder)
	s := httptest.NewUnstartedServer(r)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: auth, ClientCAs: pool, MaxVersion: version}
	s.StartTLS()
	a.t.Cleanup(s.Close)
	return s, r
}

func TestHTTPSTrust(t *testing.T) {
	a := newAuthority(t)
	server, r := a.serveTLS(tls.NoClientCert, tls.VersionTLS13)
	for name, c := range map[string]*tls.Config{
		"own CA":   clientConfig(t, a.file, "", "", false),
		"insecure": clientConfig(t, "", "", "", true),
	} {
		s := openHTTPSink(t, t.Context(), HTTP{URL: server.URL, Method: "POST", TLS: c})
		b := batchOf("a")
		mustSend(t, s, b)
		mustSend(t, s, batchOf("b"))
		if b.Wire < 300 {
			t.Errorf("%s: Wire = %d: the handshake is not in it", name, b.Wire)
		}
	}
	before := len(r.all())
	for name, c := range map[string]*tls.Config{
		"nothing given": nil,
		"other CA":      clientConfig(t, newAuthority(t).file, "", "", false),
	} {
		s := openHTTPSink(t, t.Context(), HTTP{URL: server.URL, Method: "POST", TLS: c})
		o := outcomeOf(t, s, batchOf("a"))
		if o.Unknown || o.Retry || o.Reason != "tls" || !strings.Contains(o.Error(), "unknown authority") {
			t.Errorf("%s: outcome %+v: %v", name, o, o)
		}
	}
	if n := len(r.all()); n != before {
		t.Errorf("%d requests reached a server that is not trusted", n-before)
	}
}

func TestHTTPSWrongHost(t *testing.T) {
	a := newAuthority(t)
	server, _ := a.serveTLS(tls.NoClientCert, tls.VersionTLS13)
	url := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	s := openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "POST", TLS: clientConfig(t, a.file, "", "", false)})
	if o := outcomeOf(t, s, batchOf("a")); o.Unknown || o.Retry || o.Reason != "tls" || !strings.Contains(o.Error(), "localhost") {
		t.Errorf("outcome %+v: %v", o, o)
	}
}

func TestHTTPSClientCertificate(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.sign("client", x509.ExtKeyUsageClientAuth)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		server, r := a.serveTLS(tls.RequireAndVerifyClientCert, version)
		with := openHTTPSink(t, t.Context(), HTTP{URL: server.URL, Method: "POST", TLS: clientConfig(t, a.file, cert, key, false)})
		mustSend(t, with, batchOf("a"))
		without := openHTTPSink(t, t.Context(), HTTP{URL: server.URL, Method: "POST", TLS: clientConfig(t, a.file, "", "", false)})
		o := outcomeOf(t, without, batchOf("b"))
		// In TLS 1.3 the server's closing may overtake its alert.
		if o.Reason != "tls" && (version == tls.VersionTLS12 || !strings.HasPrefix(o.Reason, "connection_") && o.Reason != "broken_pipe") {
			t.Errorf("without certificate: outcome %+v: %v", o, o)
		}
		if o.Reason == "tls" && (o.Unknown || o.Retry) {
			t.Errorf("without certificate: outcome %+v: %v", o, o)
		}
		r.only(t)
	}
}

func TestHTTPSToPlainServer(t *testing.T) {
	server, r := serve(t, nil)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	url := strings.Replace(server.URL, "http:", "https:", 1)
	o := outcomeOf(t, openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "POST"}), batchOf("a"))
	if o.Unknown || o.Retry || o.Reason != "tls" || len(r.all()) != 0 {
		t.Errorf("outcome %+v: %v", o, o)
	}
}

func TestHTTPSHandshakeHangs(t *testing.T) {
	url, _ := rawServer(t, func(c net.Conn, r *bufio.Reader) { _, _ = io.Copy(io.Discard, r) })
	url = strings.Replace(url, "http:", "https:", 1)
	s := openHTTPSink(t, t.Context(), HTTP{URL: url, Method: "POST", Timeout: 50 * time.Millisecond})
	if o := outcomeOf(t, s, batchOf("a")); o.Unknown || !o.Retry || o.Reason != "timeout" {
		t.Errorf("outcome %+v: %v", o, o)
	}
}

func TestHTTPSEndOfRunInHandshake(t *testing.T) {
	begun := make(chan struct{}, 1)
	url, _ := rawServer(t, func(c net.Conn, r *bufio.Reader) {
		_, _ = r.Peek(1)
		begun <- struct{}{}
		_, _ = io.Copy(io.Discard, r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	url = strings.Replace(url, "http:", "https:", 1)
	s := openHTTPSink(t, ctx, HTTP{URL: url, Method: "POST", Timeout: time.Hour})
	if o := outcomeOf(t, s, batchOf("a")); o.Unknown || o.Retry || o.Reason != "canceled" {
		t.Errorf("outcome %+v: %v", o, o)
	}
}

func TestTLSConfig(t *testing.T) {
	a := newAuthority(t)
	cert, key := a.sign("client", x509.ExtKeyUsageClientAuth)
	if c := clientConfig(t, "", "", "", false); c.MinVersion != tls.VersionTLS12 || c.RootCAs != nil || c.InsecureSkipVerify || c.Certificates != nil {
		t.Errorf("nothing given: %+v", c)
	}
	if c := clientConfig(t, a.file, cert, key, true); c.RootCAs == nil || !c.InsecureSkipVerify || len(c.Certificates) != 1 {
		t.Errorf("everything given: %+v", c)
	}
	missing, empty := filepath.Join(a.dir, "missing.pem"), a.write("empty.pem", "NOTHING", nil)
	_, otherKey := a.sign("other", x509.ExtKeyUsageClientAuth)
	for _, tt := range []struct{ ca, cert, key, want string }{
		{missing, "", "", "read CA file " + missing + ": no such file or directory"},
		{empty, "", "", "read CA file " + empty + ": no certificate"},
		{"", missing, key, "read certificate file " + missing + ": no such file"},
		{"", cert, missing, "read key file " + missing + ": no such file"},
		{"", cert, otherKey, "load client certificate " + cert + " with key " + otherKey + ": "},
		{"", cert, "", "belong together"},
		{"", "", key, "belong together"},
	} {
		_, err := TLSConfig(tt.ca, tt.cert, tt.key, false)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("TLSConfig(%q, %q, %q) = %v, want %q", tt.ca, tt.cert, tt.key, err, tt.want)
		}
	}
}
