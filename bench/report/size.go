package report

// Size writes a number of bytes in powers of 1000.
func Size(bytes float64) string { return size(bytes) }
