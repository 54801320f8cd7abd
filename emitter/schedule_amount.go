package emitter

import (
	"math/big"
	"math/bits"
)

// amount is a number of lines in 64.64 bit fixed point. What is left of a line at the end of a
// segment carries over to the next, and after a week at 1e9 lines/s a float64 has no bits for that.
type amount struct{ whole, part uint64 }

// precision in bits is enough for sums of products of rates and times.
const precision = 256

// roundAmount makes an amount of x, which is not negative and below 2^64. An x as close to a whole
// number as the rates it was made from are to what they stand for is that number: 100 lines a minute
// for three minutes are 300 lines, and not a further one in the last nanosecond.
func roundAmount(x *big.Float) amount {
	nearest, _ := new(big.Float).SetPrec(precision).Add(x, big.NewFloat(0.5)).Uint64()
	off := new(big.Float).SetPrec(precision).SetUint64(nearest)
	off.Sub(off, x).Abs(off)
	if off.Cmp(new(big.Float).SetMantExp(x, -51)) <= 0 {
		return amount{whole: nearest}
	}
	whole, _ := x.Uint64()
	part := new(big.Float).SetPrec(precision).SetUint64(whole)
	part.Sub(x, part)
	low, _ := part.SetMantExp(part, 64).Uint64()
	return amount{whole, low}
}

func (a amount) less(b amount) bool {
	return a.whole < b.whole || a.whole == b.whole && a.part < b.part
}

func (a amount) plus(b amount) amount {
	part, carry := bits.Add64(a.part, b.part, 0)
	return amount{a.whole + b.whole + carry, part}
}

// minus wraps around if b is more.
func (a amount) minus(b amount) amount {
	part, borrow := bits.Sub64(a.part, b.part, 0)
	return amount{a.whole - b.whole - borrow, part}
}

// times returns n times a, modulo 2^64.
func (a amount) times(n uint64) amount {
	carry, part := bits.Mul64(a.part, n)
	return amount{a.whole*n + carry, part}
}

// float is for amounts below 2^63: only as signed numbers can the processor convert them itself.
func (a amount) float() float64 { return float64(int64(a.whole)) + float64(int64(a.part>>1))*0x1p-63 }
