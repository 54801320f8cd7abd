package line

import (
	"fmt"
	"testing"
)

func TestPut4(t *testing.T) {
	for v := range uint32(10_000) {
		var got [4]byte
		put4(got[:], v)
		if want := fmt.Sprintf("%04d", v); string(got[:]) != want {
			t.Fatalf("%d is written %q", v, got)
		}
	}
}
