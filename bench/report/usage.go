package report

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"runtime"
	"runtime/metrics"
)

// Usage is what a run took of the machine.
type Usage struct {
	CPU     float64 `json:"cpu"`     // seconds, user and system
	Cores   int     `json:"cores"`   // that could be used at a time
	MaxRSS  uint64  `json:"max_rss"` // bytes; of the process so far; 0 if the system does not say
	RSS     uint64  `json:"-"`       // bytes; now; 0 if the system does not say
	Mallocs uint64  `json:"mallocs"`
	GC      uint64  `json:"gc"`

	// Machine tells machines apart, and names none: processes of one machine share its cores.
	Machine string `json:"machine,omitempty"`
}

// Measure returns what the process has used so far. It does not stop the world.
func Measure() Usage {
	cpu, rss := process()
	samples := []metrics.Sample{
		{Name: "/gc/heap/allocs:objects"},
		{Name: "/gc/heap/tiny/allocs:objects"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	return Usage{
		CPU:     cpu.Seconds(),
		Cores:   runtime.GOMAXPROCS(0),
		MaxRSS:  rss,
		RSS:     resident(),
		Mallocs: number(samples[0]) + number(samples[1]),
		GC:      number(samples[2]),
		Machine: digest(machine()),
	}
}

// digest is empty of nothing.
func digest(name string) string {
	if name == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:4])
}

func hostname() string {
	name, _ := os.Hostname() // without a name, every process counts as on a machine of its own
	return name
}

// number is 0 for a metric that this version of Go does not have.
func number(s metrics.Sample) uint64 {
	if s.Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s.Value.Uint64()
}

// Since returns what was used between start and u, two measurements.
func (u Usage) Since(start Usage) Usage {
	u.CPU -= start.CPU
	u.Mallocs -= start.Mallocs
	u.GC -= start.GC
	return u
}
