package metrics

import (
	"net"
	"strconv"
)

// ClientURL is where a client on this machine finds a server that listens on a TCP address, without
// a slash at the end: never an address like 0.0.0.0, which only a listener can use.
func ClientURL(listener net.Addr) string {
	a := listener.(*net.TCPAddr)
	host := a.IP.String()
	switch {
	case a.IP.To4() == nil && a.IP.IsUnspecified():
		host = "::1"
	case a.IP.IsUnspecified():
		host = "127.0.0.1"
	case a.Zone != "":
		host += "%25" + a.Zone
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(a.Port))
}
