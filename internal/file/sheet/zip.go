package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"

	"rollbook/internal/domain/fault"
)

const (
	// directoryBytes bounds the memory that a zip's directory may take.
	directoryBytes = 1 << 20
	// Real tables are packed 5 to 60 times; rows that are all alike up to about
	// 200 times. Deflate itself can reach 1,000.
	bombRatio = 250
	bombBytes = 64 << 20
	// nestedBytes bounds a workbook in a zip that must be unpacked before it
	// can be read. Our own templates hold theirs unpacked.
	nestedBytes = 64 << 20
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
	var ods, iwork, office bool
	what, hint := "office", sendTable
	for _, f := range z.File {
		switch n := slashed(f.Name); {
		case n == "content.xml", n == "mimetype":
			ods = true
		case strings.HasPrefix(n, "Index/") && strings.HasSuffix(n, ".iwa"), n == "Index.zip":
			iwork = true
		case strings.EqualFold(n, "[Content_Types].xml"):
			office = true
		case strings.HasPrefix(n, "word/"):
			what = "docx"
		case n == "xl/workbook.bin":
			what, hint = "xlsb", howToSave
		}
	}
	p := partsOf(z, r.opts.Limits.FileBytes)
	book := p.workbook()
	switch {
	case book != "":
		return r.openWorkbook(p, book)
	case iwork:
		return errNotATable("numbers", howToSave)
	case office:
		return errNotATable(what, hint)
	case ods:
		return errNotATable("ods", howToSave)
	}
	f, other, err := theTable(z.File)
	if err != nil {
		return err
	}
	r.format = "zip"
	if other != nil {
		r.warn(0, "otherTable", path.Base(f.Name), path.Base(other.Name), whyRead(f, other))
	}
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
		return r.openNested(cached, e)
	}
	if err := otherType(head); err != nil {
		return err
	}
	return r.openCSV(e)
}

// openNested reads a workbook that lies in a zip.
func (r *Reader) openNested(src *blocks, e *entry) error {
	var in io.ReaderAt
	var size int64
	switch {
	case e.f.Method == zip.Store:
		at, err := e.f.DataOffset()
		if err != nil {
			return zipError(err)
		}
		if e.f.UncompressedSize64 > uint64(src.size-at) {
			return zipError(zip.ErrFormat)
		}
		size = int64(e.f.UncompressedSize64)
		in = io.NewSectionReader(src, at, size)
	case e.f.UncompressedSize64 > nestedBytes:
		return errNested()
	default:
		from, err := e.open(0)
		if err != nil {
			return err
		}
		b, err := io.ReadAll(io.LimitReader(from, nestedBytes+1))
		if err != nil {
			return zipError(err)
		}
		if len(b) > nestedBytes {
			return errNested()
		}
		in, size = bytes.NewReader(b), int64(len(b))
	}
	if err := checkDirectory(in, size); err != nil {
		return err
	}
	z, err := zip.NewReader(in, size)
	if err != nil {
		return zipError(err)
	}
	z.RegisterDecompressor(zip.Deflate, flate.NewReader)
	p := partsOf(z, r.opts.Limits.FileBytes)
	if book := p.workbook(); book != "" {
		err := r.openWorkbook(p, book)
		r.format = "zip"
		return err
	}
	return errNested()
}

// slashed is a name in a zip as it should be: some programs of Windows write \.
func slashed(name string) string { return strings.ReplaceAll(name, `\`, "/") }

func errNested() error {
	return invalid("zipNested.file")
}

// theTable finds the one table: a CSV or a workbook. Where a zip has it as both,
// as our own templates may, it is the one that was saved later, and the CSV when
// none was; other is the one that is left. Names are looked at, never used as
// paths.
func theTable(files []*zip.File) (f, other *zip.File, err error) {
	var csvs, books, texts, values []*zip.File
	nested := false
	for _, f := range files {
		whole := strings.ToLower(slashed(f.Name))
		base := path.Base(whole)
		if strings.HasSuffix(whole, "/") || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "~$") || strings.Contains("/"+whole, "/__macosx/") {
			continue // folders and what systems and programs leave behind
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
		case ".xlsx", ".xlsm":
			books = append(books, f)
		case ".txt", ".tsv", ".tab":
			texts = append(texts, f)
		case ".zip", ".7z", ".rar", ".gz":
			nested = true
		}
	}
	tables := slices.Concat(csvs, books)
	if len(csvs) == 1 && len(books) == 1 && sameTable(csvs[0], books[0]) {
		tables, other = csvs, books[0]
		if books[0].Modified.After(csvs[0].Modified) {
			tables, other = books, csvs[0]
		}
	}
	for _, others := range [][]*zip.File{texts, values} {
		if len(tables) == 0 {
			tables = others
		}
	}
	switch {
	case len(tables) == 1:
	case len(tables) == 0 && nested:
		return nil, nil, invalid("zipNested")
	case len(tables) == 0:
		return nil, nil, invalid("oneCSVPlease")
	case len(books) == 0:
		return nil, nil, invalid("oneCSVPlease.csv", len(tables))
	case len(csvs) == 0:
		return nil, nil, invalid("oneCSVPlease.workbooks", len(tables))
	default:
		return nil, nil, invalid("oneCSVPlease.tables", len(tables), len(csvs), len(books))
	}
	f = tables[0]
	if f.Flags&1 != 0 {
		return nil, nil, invalid("zipEncrypted")
	}
	if f.Method != zip.Store && f.Method != zip.Deflate {
		return nil, nil, invalid("zipMethod")
	}
	return f, other, nil
}

// sameTable tells whether two files have the same name but for its end.
func sameTable(a, b *zip.File) bool {
	return strings.EqualFold(strings.TrimSuffix(a.Name, path.Ext(a.Name)), strings.TrimSuffix(b.Name, path.Ext(b.Name)))
}

func whyRead(f, other *zip.File) string {
	if f.Modified.After(other.Modified) {
		return "later"
	}
	return "csv"
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
	return tooLarge("fileTooLarge.zip", e.limit)
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
		return 0, invalid("zipBomb", bombRatio)
	}
	if err != nil && err != io.EOF {
		return n, zipError(err)
	}
	return n, err
}

// beginsAsWorkbook reports whether a zip that has lost its end began as a workbook,
// by the name of the first file in it.
func beginsAsWorkbook(head []byte) bool {
	const fixed = 30 // bytes of a file's header before its name
	if len(head) < fixed {
		return false
	}
	n := int(binary.LittleEndian.Uint16(head[26:]))
	name := slashed(string(head[fixed:min(fixed+n, len(head))]))
	return name == "[Content_Types].xml" || strings.HasPrefix(name, "_rels/") || strings.HasPrefix(name, "xl/") || strings.HasPrefix(name, "docProps/")
}

// zipError tells a damaged zip from a source that fails.
func zipError(err error) error {
	if passes(err) {
		return err
	}
	e := fault.New(fault.Invalid, "zipDamaged")
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
		return invalid("oneCSVPlease.tooMany")
	}
	return nil
}
