package receive

import (
	"errors"
	"io"

	"github.com/valyala/fasthttp"
)

// Sizes of memory for bodies are multiples of a piece, so that bodies of about a size share theirs.
const bodyPiece = 16 << 10

var errNoRoom = errors.New("other requests take all the room that there is for bodies")

// bodies read those of requests. Whatever a head declares, memory is made only as bytes arrive: less
// than twice as much as they take, and a piece. What all bodies have together is bounded.
type bodies struct {
	limit int // most bytes of one
	room  *room
	spare spare // takes no room
}

func newBodies(limit int, r *room) *bodies {
	return &bodies{limit: limit, room: r, spare: spare{most: r.left / 4}}
}

// read reads the body of a request to its end; nil: it has none. It waits for room until done is
// closed. The caller puts back what it returns when nothing refers to it any more.
func (bs *bodies) read(ctx *fasthttp.RequestCtx, done <-chan struct{}) ([]byte, error) {
	stream, declared := ctx.RequestBodyStream(), ctx.Request.Header.ContentLength()
	switch {
	case stream == nil || declared == 0:
		return nil, nil
	case declared > bs.limit:
		return nil, fasthttp.ErrBodyTooLarge
	}
	most := declared
	if chunked := declared < 0; chunked {
		most = bs.limit + 1 // its end is found by reading on
	}
	b, err := bs.fill(stream, most, done)
	if err == nil && (len(b) < declared || declared < 0 && ended(ctx)) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		bs.put(b)
		return nil, err
	}
	return b, nil
}

// ended reports whether the client has ended the connection, which fasthttp takes for the end of the
// body if it comes between chunks. After the last chunk nothing is read any more.
func ended(ctx *fasthttp.RequestCtx) bool {
	c, ok := ctx.Conn().(*conn)
	return ok && c.ended
}

// fill reads a stream to its end, which comes after so many bytes at most. On an error, what it
// returns is to be put back, too.
func (bs *bodies) fill(stream io.Reader, most int, done <-chan struct{}) (b []byte, err error) {
	for {
		if len(b) == cap(b) {
			if b, err = bs.grow(b, most, done); err != nil {
				return b, err
			}
		}
		n, err := stream.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > bs.limit:
			return b, fasthttp.ErrBodyTooLarge
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return b, err
		}
	}
}

// grow moves a body that is full to larger memory. That may well be for all that it is to have, if it
// is there already.
func (bs *bodies) grow(b []byte, most int, done <-chan struct{}) ([]byte, error) {
	larger := bs.spare.get(cap(b), most)
	size := cap(larger)
	if larger == nil {
		pieces := (min(2*cap(b), most) + bodyPiece - 1) / bodyPiece
		size = max(1, pieces) * bodyPiece
	}
	if !bs.room.take(size, done) {
		return b, errNoRoom
	}
	if larger == nil {
		larger = make([]byte, 0, size)
	}
	larger = append(larger, b...)
	bs.put(b)
	return larger, nil
}

// put gives back the memory of a body.
func (bs *bodies) put(b []byte) {
	if cap(b) > 0 {
		bs.spare.put(b)
		bs.room.give(cap(b))
	}
}
