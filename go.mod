module github.com/exitfound/lologen

go 1.26.0

require (
	github.com/HdrHistogram/hdrhistogram-go v1.4.0
	github.com/go-logfmt/logfmt v0.6.1
	golang.org/x/time v0.16.0
)
