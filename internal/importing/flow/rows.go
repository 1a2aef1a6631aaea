package flow

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"

	"rollbook/internal/domain"
)

// Row is one row of the user's file, read and numbered, its values not yet
// checked.
type Row struct {
	Line  int
	Cells []string // as uploaded, but for the guard against formulas
	// Fault says why the row cannot be taken, as reading found out.
	Fault *domain.Problem
}

// RowWriter writes a chunk object: per row uvarint line, uvarint number of
// cells, each cell as uvarint length and bytes, then the fault as JSON in the
// same way (length 0 for none); all in a checked zstd frame that ends with an
// uvarint 0 and the number of rows, so that a cut object is never taken for a
// short one.
type RowWriter struct {
	z    *zstd.Encoder
	w    *bufio.Writer
	buf  []byte
	rows int
}

// NewRowWriter starts a chunk object.
func NewRowWriter(w io.Writer) (*RowWriter, error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	return &RowWriter{z: z, w: bufio.NewWriterSize(z, 64<<10)}, nil
}

// Write adds a row. Its line is at least 1.
func (w *RowWriter) Write(r Row) error {
	w.rows++
	b := binary.AppendUvarint(w.buf[:0], uint64(r.Line))
	b = binary.AppendUvarint(b, uint64(len(r.Cells)))
	for _, c := range r.Cells {
		b = binary.AppendUvarint(b, uint64(len(c)))
		b = append(b, c...)
	}
	if r.Fault == nil {
		b = binary.AppendUvarint(b, 0)
	} else {
		j, err := json.Marshal(r.Fault)
		if err != nil {
			return err
		}
		b = binary.AppendUvarint(b, uint64(len(j)))
		b = append(b, j...)
	}
	w.buf = b
	_, err := w.w.Write(b)
	return err
}

// Close ends the object.
func (w *RowWriter) Close() error {
	b := binary.AppendUvarint([]byte{0}, uint64(w.rows))
	if _, err := w.w.Write(b); err != nil {
		return err
	}
	if err := w.w.Flush(); err != nil {
		return err
	}
	return w.z.Close()
}

// ErrCut says that an object between steps is damaged or incomplete.
var ErrCut = errors.New("object is damaged or incomplete")

// source remembers why reading ended, if it is not the object's end: an object
// that could not be read now is not a damaged one.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// fault is the error of an object that does not read on.
func (s *source) fault() error {
	if s.err != nil {
		return s.err
	}
	return ErrCut
}

// ReadRows yields the rows of a chunk object in order. It returns ErrCut when
// the object is not whole, or r's error, after the rows that were read.
func ReadRows(r io.Reader, yield func(Row) error) error {
	from := &source{r: r}
	z, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return err
	}
	defer z.Close()
	b := bufio.NewReaderSize(z, 64<<10)
	// Rows are at most 1 MB as read; anything longer is damage.
	const most = 4 << 20
	text := func() (string, error) {
		n, err := binary.ReadUvarint(b)
		if err != nil || n > most {
			return "", from.fault()
		}
		p := make([]byte, n)
		if _, err := io.ReadFull(b, p); err != nil {
			return "", from.fault()
		}
		return string(p), nil
	}
	for rows := uint64(0); ; rows++ {
		line, err := binary.ReadUvarint(b)
		if err != nil {
			return from.fault()
		}
		if line == 0 {
			n, err := binary.ReadUvarint(b)
			if err != nil || n != rows {
				return from.fault()
			}
			return nil
		}
		n, err := binary.ReadUvarint(b)
		if err != nil || n > most {
			return from.fault()
		}
		row := Row{Line: int(line), Cells: make([]string, 0, min(n, 4096))}
		for range n {
			c, err := text()
			if err != nil {
				return err
			}
			row.Cells = append(row.Cells, c)
		}
		f, err := text()
		if err != nil {
			return err
		}
		if f != "" {
			row.Fault = new(domain.Problem)
			if err := json.Unmarshal([]byte(f), row.Fault); err != nil {
				return ErrCut
			}
		}
		if err := yield(row); err != nil {
			return err
		}
	}
}
