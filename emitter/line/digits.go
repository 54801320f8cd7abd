package line

import (
	"encoding/binary"
	"strconv"
)

// pairs are the numbers 00 to 99.
const pairs = "" +
	"00010203040506070809" + "10111213141516171819" + "20212223242526272829" + "30313233343536373839" +
	"40414243444546474849" + "50515253545556575859" + "60616263646566676869" + "70717273747576777879" +
	"80818283848586878889" + "90919293949596979899"

// put3 writes v, which is below 1000, as three digits.
func put3(dst []byte, v uint32) {
	high, low := v/100, v%100*2
	_ = dst[2]
	dst[0] = byte('0' + high)
	dst[1] = pairs[low]
	dst[2] = pairs[low+1]
}

// put4 writes v, which is below 10000, as four digits, both pairs worked out at once: in each half
// of a word, 103/1024 is near enough to a tenth of any number below 100.
func put4(dst []byte, v uint32) {
	halves := v/100 | v%100<<16
	tens := (halves * 103 >> 10) & 0x000f000f
	ones := halves - tens*10
	binary.LittleEndian.PutUint32(dst, 0x30303030+tens+ones<<8)
}

// appendPadded appends v with zeros before it, width digits in all, or more if v has more.
func appendPadded(dst []byte, v uint64, width int) []byte {
	var scratch [20]byte
	digits := strconv.AppendUint(scratch[:0], v, 10)
	for range width - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}
