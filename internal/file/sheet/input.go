package sheet

import (
	"errors"
	"fmt"
	"io"

	"rollbook/internal/domain/fault"
)

// readBlock is how much is asked of the source at once. A source that costs a
// round trip per read (S3) does well to read ahead by itself.
const readBlock = 256 << 10

// An origin is the plain bytes of a table, packed or not, which can be read
// again from any place.
type origin interface {
	open(offset int64) (io.Reader, error)
}

// plain is a file that is not packed.
type plain struct {
	src  io.ReaderAt
	size int64
}

func (p plain) open(offset int64) (io.Reader, error) {
	return &section{src: p.src, off: offset, end: p.size}, nil
}

// section reads forward and never takes a short read for the end of the file.
type section struct {
	src      io.ReaderAt
	off, end int64
}

func (s *section) Read(p []byte) (int, error) {
	if s.off >= s.end {
		return 0, io.EOF
	}
	if int64(len(p)) > s.end-s.off {
		p = p[:s.end-s.off]
	}
	n, err := readAt(s.src, p, s.off)
	s.off += int64(n)
	return n, err
}

// A readError is the source's, not the file's: trying again may help.
type readError struct {
	off int64
	err error
}

func (e *readError) Error() string { return fmt.Sprintf("sheet: read at %d: %v", e.off, e.err) }

func (e *readError) Unwrap() error { return e.err }

// readAt fills p, which lies inside the file, or says why not. Its error is
// never io.EOF itself.
func readAt(src io.ReaderAt, p []byte, off int64) (int, error) {
	n, err := src.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, &readError{off + int64(n), err}
}

// passes reports whether an error met while unpacking is not for the unpacker
// to name: the source's, or a fault that has its name.
func passes(err error) bool {
	var source *readError
	if errors.As(err, &source) {
		return true
	}
	_, named := fault.As(err)
	return named
}

// blocks gives small reads out of whole blocks, because the zip reader asks for
// a few kilobytes at a time.
type blocks struct {
	src  io.ReaderAt
	size int64
	buf  []byte
	off  int64
}

func (b *blocks) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("sheet: read before the file") // a zip says so
	}
	done := 0
	for done < len(p) {
		if off >= b.size {
			return done, io.EOF
		}
		if off < b.off || off >= b.off+int64(len(b.buf)) {
			start := off - off%readBlock
			n := min(readBlock, b.size-start)
			if b.buf == nil {
				b.buf = make([]byte, 0, readBlock)
			}
			b.buf = b.buf[:0]
			if _, err := readAt(b.src, b.buf[:n], start); err != nil {
				return done, err
			}
			b.buf, b.off = b.buf[:n], start
		}
		n := copy(p[done:], b.buf[off-b.off:])
		done += n
		off += int64(n)
	}
	return done, nil
}
