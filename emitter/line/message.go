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

// tokenParts are what tokens are put together from: four characters for every 12 random bits, so
// that one random number makes a whole token. Two characters at a time, from two numbers, cost
// 4 ns a line more and look no more random.
var tokenParts = func() (table [1 << 12]uint32) {
	// 62 characters filled up to 64: that 0 and 1 come twice as often as the others harms nothing.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + "01"
	chance := emitter.NewRand(0, 0) // always the same parts: content depends on a run's seed alone
	for i := range table {
		x := chance.Uint64()
		for range 4 {
			table[i] = table[i]<<8 | uint32(alphabet[x&63])
			x >>= 6
		}
	}
	return table
}()

// Messages is the Source of short English texts, each with a random token at its end, of the
// levels from lowest up, drawn evenly. What a stream's messages are depends on its generator alone.
func Messages(lowest emitter.Level) emitter.Source {
	lowest = min(lowest, emitter.Critical)
	levels := uint64(emitter.Levels - lowest)
	// In one piece: on a cache line with those of another worker they would cost 20 ns a line.
	const room = 128
	block := make([]byte, emitter.Levels*room)
	var buffers [emitter.Levels][]byte
	for l, text := range texts {
		n := copy(block[l*room:], text)
		buffers[l] = block[l*room : l*room+n+longest]
	}

	return func(r *emitter.Record) {
		shape := r.Rand.Uint64()
		// A multiplication and a shift instead of a division: uneven by 1 in 2^29 at most.
		r.Level = lowest + emitter.Level(shape>>32*levels>>32)
		length := shortest + int(uint64(uint32(shape))*(longest-shortest+1)>>32)

		buffer := buffers[r.Level]
		token := len(buffer) - longest
		putToken(buffer[token:], r.Rand.Uint64())
		r.Message = buffer[:token+length]
		r.Clean = true
	}
}

// putToken writes a token of full length: cutting it is cheaper than stopping in time.
func putToken(dst []byte, bits uint64) {
	_ = dst[longest-1]
	binary.BigEndian.PutUint32(dst, tokenParts[bits&0xfff])
	binary.BigEndian.PutUint32(dst[4:], tokenParts[bits>>12&0xfff])
	binary.BigEndian.PutUint32(dst[8:], tokenParts[bits>>24&0xfff])
	binary.BigEndian.PutUint32(dst[12:], tokenParts[bits>>36&0xfff])
	binary.BigEndian.PutUint32(dst[16:], tokenParts[bits>>48&0xfff])
}
