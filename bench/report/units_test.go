package report

import "testing"

func TestUnits(t *testing.T) {
	tests := []struct{ got, want string }{
		{count(0), "0"},
		{count(999), "999"},
		{count(1000), "1,000"},
		{count(18_446_744_073_709_551_615), "18,446,744,073,709,551,615"},
		{Decimal(0), "0"},
		{Decimal(0.0000116), "1.16e-05"},
		{Decimal(0.5), "0.500"},
		{Decimal(4.0 / 7), "0.571"},
		{Decimal(9.999), "10.0"},
		{Decimal(999.4), "999"},
		{Decimal(999.5), "1,000"},
		{Decimal(63_990.1), "63,990"},
		{Size(0), "0 B"},
		{Size(91.4), "91 B"},
		{Size(999.6), "1.00 kB"},
		{Size(999_999), "1.00 MB"},
		{Size(25_300_000), "25.3 MB"},
		{Size(3.2e18), "3200 PB"},
		{Length(0), "0 ns"},
		{Length(800e-9), "800 ns"},
		{Length(999.9e-9), "1.00 µs"},
		{Length(550e-6), "550 µs"},
		{Length(0.99999), "1.00 s"},
		{Length(1.2e-3), "1.20 ms"},
		{Length(12), "12.0 s"},
		{Length(125.4), "2m5s"},
		{Length(3600), "1h0m0s"},
		{percent(0), "0 %"},
		{percent(0.48828), "48.8 %"},
		{percent(0.9899999), "98.9 %"},
		{percent(0.99), "99 %"},
		{percent(1), "100 %"},
		{plural(1, "core"), "1 core"},
		{plural(uint64(2000), "line"), "2,000 lines"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
