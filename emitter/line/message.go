package line

import (
	"encoding/binary"

	"github.com/exitfound/lologen/emitter"
)

// texts are what messages say, by level; a token follows.
var texts = [emitter.Levels]string{
	emitter.Debug:    "Cache entry is still fresh, no reload needed, entry key: ",
	emitter.Info:     "User signed in and all permissions were loaded, session: ",
	emitter.Warning:  "Upstream is slow to answer, trying the replica, request id: ",
	emitter.Error:    "Order could not be stored, the transaction was undone, id: ",
	emitter.Critical: "Storage volume is full and takes no more writes, incident: ",
}

// The lengths of a token.
const (
	shortest = 10
	longest  = 20
)

// tokenPairs are two characters of a token for every 12 random bits.
var tokenPairs = func() (table [1 << 12]uint16) {
	// 62 characters filled up to 64: that 0 and 1 come twice as often as the others harms nothing
	// here and saves a division a character.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + "01"
	for i := range table {
		table[i] = uint16(alphabet[i>>6])<<8 | uint16(alphabet[i&63])
	}
	return table
}()

// Messages is the Source of short English texts, each with a random token at its end, of the
// levels from lowest up, drawn evenly. What a stream's messages are depends on its generator alone.
func Messages(lowest emitter.Level) emitter.Source {
	lowest = min(lowest, emitter.Critical)
	levels := uint64(emitter.Levels - lowest)
	var buffers [emitter.Levels][]byte
	for l, text := range texts {
		buffers[l] = append([]byte(text), make([]byte, longest)...)
	}

	return func(r *emitter.Record) {
		shape := r.Rand.Uint64()
		// A multiplication and a shift instead of a division: uneven by 1 in 2^29 at most.
		r.Level = lowest + emitter.Level(shape>>32*levels>>32)
		length := shortest + int(uint64(uint32(shape))*(longest-shortest+1)>>32)

		buffer := buffers[r.Level]
		token := len(buffer) - longest
		putToken(buffer[token:], r.Rand.Uint64(), r.Rand.Uint64())
		r.Message = buffer[:token+length]
		r.Clean = true
	}
}

// putToken writes a token of full length: cutting it is cheaper than stopping in time.
func putToken(dst []byte, a, b uint64) {
	_ = dst[longest-1]
	for i := 0; i < longest/2; i += 2 {
		binary.BigEndian.PutUint16(dst[i:], tokenPairs[a&0xfff])
		binary.BigEndian.PutUint16(dst[longest/2+i:], tokenPairs[b&0xfff])
		a >>= 12
		b >>= 12
	}
}
