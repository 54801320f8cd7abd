package sinks

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLSConfig returns what a client needs to speak TLS 1.2 or later: the system's certificate
// authorities, or those in caFile alone; the certificate in certFile and its key in keyFile to
// show to a server that asks for one. Empty names leave things out. Errors name the file.
func TLSConfig(caFile, certFile, keyFile string, insecureSkipVerify bool) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecureSkipVerify}
	if caFile != "" {
		pool, err := authorities(caFile)
		if err != nil {
			return nil, err
		}
		c.RootCAs = pool
	}
	if (certFile == "") != (keyFile == "") {
		return nil, errors.New("load client certificate: a certificate file and a key file belong together, only one is given")
	}
	if certFile != "" {
		pair, err := keyPair(certFile, keyFile)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read CA file %s: %w", file, cause(err))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read CA file %s: no certificate in PEM form in it", file)
	}
	return pool, nil
}

// keyPair reads the files itself, so that an error can say which of the two it is about.
func keyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := os.ReadFile(certFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read certificate file %s: %w", certFile, cause(err))
	}
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read key file %s: %w", keyFile, cause(err))
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("load client certificate %s with key %s: %w", certFile, keyFile, err)
	}
	return pair, nil
}
