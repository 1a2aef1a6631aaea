package template

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"time"

	"rollbook/internal/file/workbook"
)

// A book is a workbook that is written into a file, since a zip is written in
// one go and the workbook may grow beside the CSV. It then lies in the zip as it
// is, its size and sum said before it: a reader can look into it without
// unpacking the zip, and none has to guess where it ends.
type book struct {
	*workbook.Writer
	file *os.File
	out  *bufio.Writer
	sum  hash.Hash32
}

func newBook(t workbook.Table) (*book, error) {
	f, err := os.CreateTemp("", "template-*.xlsx")
	if err != nil {
		return nil, fmt.Errorf("make workbook: %w", err)
	}
	b := &book{file: f, sum: crc32.NewIEEE()}
	// It is in nobody's way if this process is killed.
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	b.out = bufio.NewWriterSize(io.MultiWriter(f, b.sum), 256<<10)
	if b.Writer, err = workbook.New(b.out, t); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close drops the file.
func (b *book) Close() error { return b.file.Close() }

// store ends the workbook and puts it into the zip.
func (b *book) store(zw *zip.Writer, name string, at time.Time) error {
	if err := b.Writer.Close(); err != nil {
		return err
	}
	if err := b.out.Flush(); err != nil {
		return fmt.Errorf("make workbook: %w", err)
	}
	size, err := b.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("make workbook: %w", err)
	}
	if _, err := b.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("make workbook: %w", err)
	}
	// An entry that says its size can only be made raw, without the fields for
	// its time, which another zip fills in.
	h := &zip.FileHeader{Name: name, Method: zip.Store, Modified: at.UTC()}
	if _, err := zip.NewWriter(io.Discard).CreateHeader(h); err != nil {
		return err
	}
	const sizeFollows = 8
	h.Flags &^= sizeFollows
	h.CRC32, h.CompressedSize64, h.UncompressedSize64 = b.sum.Sum32(), uint64(size), uint64(size)
	e, err := zw.CreateRaw(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(e, b.file)
	return err
}
