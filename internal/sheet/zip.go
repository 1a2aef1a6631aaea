package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/flate"

	"rollbook/internal/fault"
)

const (
	// directoryBytes bounds the memory that a zip's directory may take.
	directoryBytes = 1 << 20
	// Real tables are packed 5 to 60 times; rows that are all alike up to about
	// 200 times. Deflate itself can reach 1,000.
	bombRatio = 250
	bombBytes = 64 << 20
)

func (r *Reader) openZip(src io.ReaderAt, size int64) error {
	cached := &blocks{src: src, size: size}
	if err := checkDirectory(cached, size); err != nil {
		return err
	}
	z, err := zip.NewReader(cached, size)
	if err != nil {
		return zipError(err)
	}
	z.RegisterDecompressor(zip.Deflate, flate.NewReader)
	var book, ods, iwork, office bool
	for _, f := range z.File {
		switch n := f.Name; {
		case strings.EqualFold(n, "xl/workbook.xml"):
			book = true
		case n == "content.xml", n == "mimetype":
			ods = true
		case strings.HasPrefix(n, "Index/") && strings.HasSuffix(n, ".iwa"), n == "Index.zip":
			iwork = true
		case n == "[Content_Types].xml":
			office = true
		}
	}
	switch {
	case book:
		return r.openWorkbook(z)
	case iwork:
		return errNotATable("a Numbers file")
	case office:
		return errNotATable("an Office file of a kind that is not read")
	case ods:
		return errNotATable("an OpenDocument file (.ods)")
	}
	f, err := theCSV(z.File)
	if err != nil {
		return err
	}
	r.format = "zip"
	e := &entry{f: f, limit: r.opts.Limits.FileBytes}
	in, err := e.open(0)
	if err != nil {
		return err
	}
	head := make([]byte, 8<<10)
	n, err := io.ReadFull(in, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	head = head[:n]
	if n == 0 {
		return errNoRows()
	}
	if isZip(head) {
		return invalid(CodeZipNested, "The CSV in the zip is itself an archive or a workbook. Send it by itself.")
	}
	if err := otherType(head); err != nil {
		return err
	}
	return r.openCSV(e)
}

// theCSV finds the one table. Names are looked at, never used as paths.
func theCSV(files []*zip.File) (*zip.File, error) {
	var csvs, values, texts []*zip.File
	nested := false
	for _, f := range files {
		whole := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		base := path.Base(whole)
		if strings.HasSuffix(whole, "/") || strings.HasPrefix(base, ".") || strings.Contains("/"+whole, "/__macosx/") {
			continue // folders and what systems leave behind
		}
		switch base {
		case "values.csv":
			values = append(values, f) // goes with the table of a template
			continue
		case "readme.txt":
			continue
		}
		switch path.Ext(base) {
		case ".csv":
			csvs = append(csvs, f)
		case ".txt", ".tsv", ".tab":
			texts = append(texts, f)
		case ".zip", ".xlsx", ".xlsm", ".7z", ".rar", ".gz":
			nested = true
		}
	}
	for _, others := range [][]*zip.File{texts, values} {
		if len(csvs) == 0 {
			csvs = others
		}
	}
	switch {
	case len(csvs) == 1:
	case len(csvs) == 0 && nested:
		return nil, invalid(CodeZipNested, "The zip holds another archive or a workbook. Send that by itself.")
	case len(csvs) == 0:
		return nil, invalid(CodeOneCSVPlease, "There is no CSV in this zip. One CSV please.")
	default:
		return nil, invalid(CodeOneCSVPlease, "There are %d CSV files in this zip. One CSV please.", len(csvs))
	}
	f := csvs[0]
	if f.Flags&1 != 0 {
		return nil, invalid(CodeZipEncrypted, "The zip asks for a password. Pack it without one, or send the CSV by itself.")
	}
	if f.Method != zip.Store && f.Method != zip.Deflate {
		return nil, invalid(CodeZipMethod, "The zip is packed by a method that is not read. Send the CSV by itself.")
	}
	return f, nil
}

// An entry is one file in a zip, counted while it is unpacked.
type entry struct {
	f     *zip.File
	limit int64
}

func (e *entry) open(offset int64) (io.Reader, error) {
	if e.f.UncompressedSize64 > uint64(e.limit) {
		return nil, e.tooLarge()
	}
	in, err := e.f.Open()
	if err != nil {
		return nil, zipError(err)
	}
	c := &unpacking{entry: e, in: in}
	if _, err := io.CopyN(io.Discard, c, offset); err != nil {
		return nil, zipError(err)
	}
	return c, nil
}

func (e *entry) tooLarge() error {
	return tooLarge(CodeFileTooLarge, "The file in the zip has more than the %s that are allowed.", bytesText(e.limit))
}

type unpacking struct {
	*entry
	in  io.Reader
	out int64
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	u.out += int64(n)
	if u.out > u.limit {
		return 0, u.tooLarge()
	}
	if u.out > bombBytes && uint64(u.out) > bombRatio*max(u.f.CompressedSize64, 1) {
		return 0, invalid(CodeZipBomb, "The zip unpacks to more than %d times its size, which no table does. Send the CSV by itself.", bombRatio)
	}
	if err != nil && err != io.EOF {
		return n, zipError(err)
	}
	return n, err
}

// zipError tells a damaged zip from a source that fails.
func zipError(err error) error {
	if passes(err) {
		return err
	}
	e := fault.New(fault.Invalid, CodeZipDamaged, "The zip is damaged or was not sent completely. Pack and send it again.")
	e.Err = err
	return e
}

// checkDirectory refuses a directory that would fill the memory: archive/zip
// holds all of it.
func checkDirectory(src io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, 64<<10+22))
	if _, err := src.ReadAt(tail, size-int64(len(tail))); err != nil {
		return zipError(err)
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < 22 {
		return zipError(zip.ErrFormat)
	}
	entries := uint64(binary.LittleEndian.Uint16(tail[at+10:]))
	length := uint64(binary.LittleEndian.Uint32(tail[at+12:]))
	if entries == 0xffff || length == 0xffffffff {
		if loc := at - 20; loc >= 0 && bytes.HasPrefix(tail[loc:], []byte("PK\x06\x07")) {
			var rec [56]byte
			off := int64(binary.LittleEndian.Uint64(tail[loc+8:]))
			if off < 0 || off > size-int64(len(rec)) {
				return zipError(zip.ErrFormat)
			}
			if _, err := src.ReadAt(rec[:], off); err != nil {
				return zipError(err)
			}
			entries = binary.LittleEndian.Uint64(rec[32:])
			length = binary.LittleEndian.Uint64(rec[40:])
		}
	}
	if length > directoryBytes || entries > directoryBytes/46 {
		return invalid(CodeOneCSVPlease, "There are too many files in this zip. One CSV please.")
	}
	return nil
}
