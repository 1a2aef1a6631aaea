package flow

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
)

// Result is what became of one row. Rows that are unchanged have none: they are
// only counted.
type Result struct {
	Line    int                  `json:"l"`
	Number  domain.ContactNumber `json:"n,omitempty"`
	Outcome domain.Outcome       `json:"o"`
	// Cells are those uploaded, for a row that did not go in.
	Cells    []string         `json:"c,omitempty"`
	Changes  []Change         `json:"d,omitempty"`
	Problems []domain.Problem `json:"p,omitempty"`
	// Removed says that the contact was deleted, by an undo of its creation.
	Removed bool `json:"r,omitempty"`
}

// Change is one value that was changed, or in a test would be.
type Change struct {
	Field  domain.Field `json:"f"`
	Before domain.Value `json:"b"`
	After  domain.Value `json:"a"`
}

// Summary ends the results of a chunk.
type Summary struct {
	Version int           `json:"version"`
	At      time.Time     `json:"at"`
	Counts  domain.Counts `json:"counts"`
	Fields  FieldChanges  `json:"fields"`
	// NotCompared counts cells without an [old] column, by field.
	NotCompared map[domain.Field]int `json:"notCompared,omitempty"`
	// Notes count the things a user may want to look at, by code.
	Notes map[reason.Code]Note `json:"notes,omitempty"`
}

// Note is a warning that came up in rows: how often, and where first.
type Note struct {
	Count int            `json:"count"`
	Lines []int          `json:"lines,omitempty"` // the first NotedLines
	First domain.Warning `json:"first"`
}

// NotedLines is how many lines of a warning are remembered.
const NotedLines = 20

// noted is how many lines of a warning are remembered: of contacts that changed
// since their template was made each is wanted.
func noted(c reason.Code) int {
	if c == "changedSinceTemplate" {
		return 500
	}
	return NotedLines
}

// AddNote counts a warning that came up in a line.
func (s *Summary) AddNote(w domain.Warning, line int) {
	if s.Notes == nil {
		s.Notes = map[reason.Code]Note{}
	}
	n, ok := s.Notes[w.Code]
	if !ok {
		w.Line = line
		n.First = w
	}
	n.Count++
	if len(n.Lines) < noted(w.Code) && !slices.Contains(n.Lines, line) {
		n.Lines = append(n.Lines, line)
	}
	s.Notes[w.Code] = n
}

// Plus adds another summary's counts. First of a note is that of the lowest line.
func (s *Summary) Plus(o Summary) {
	s.Counts = s.Counts.Plus(o.Counts)
	if s.Fields == nil {
		s.Fields = FieldChanges{}
	}
	s.Fields.Plus(o.Fields)
	for f, n := range o.NotCompared {
		if s.NotCompared == nil {
			s.NotCompared = map[domain.Field]int{}
		}
		s.NotCompared[f] += n
	}
	for code, n := range o.Notes {
		if s.Notes == nil {
			s.Notes = map[reason.Code]Note{}
		}
		if have, ok := s.Notes[code]; ok {
			n.Count += have.Count
			if have.First.Line < n.First.Line {
				n.First = have.First
			}
			n.Lines = append(slices.Clone(have.Lines), n.Lines...)
			slices.Sort(n.Lines)
			n.Lines = n.Lines[:min(len(n.Lines), noted(n.First.Code))]
		}
		s.Notes[code] = n
	}
}

// FieldChanges counts from → to by field.
type FieldChanges map[domain.Field]map[string]map[string]int

// Add counts n changes of the field.
func (f FieldChanges) Add(field domain.Field, from, to string, n int) {
	m := f[field]
	if m == nil {
		m = map[string]map[string]int{}
		f[field] = m
	}
	if m[from] == nil {
		m[from] = map[string]int{}
	}
	m[from][to] += n
}

// Plus adds all of g.
func (f FieldChanges) Plus(g FieldChanges) {
	for field, froms := range g {
		for from, tos := range froms {
			for to, n := range tos {
				f.Add(field, from, to, n)
			}
		}
	}
}

// ResultWriter writes a results object: JSON lines in a checked zstd frame, the
// Summary last.
type ResultWriter struct {
	z   *zstd.Encoder
	w   *bufio.Writer
	enc *json.Encoder
}

// NewResultWriter starts a results object.
func NewResultWriter(w io.Writer) (*ResultWriter, error) {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	b := bufio.NewWriterSize(z, 64<<10)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	return &ResultWriter{z, b, enc}, nil
}

// Write adds a result.
func (w *ResultWriter) Write(r Result) error { return w.enc.Encode(r) }

// Close ends the object with its summary.
func (w *ResultWriter) Close(s Summary) error {
	s.Version = Version
	if err := w.enc.Encode(struct {
		Summary Summary `json:"summary"`
	}{s}); err != nil {
		return err
	}
	if err := w.w.Flush(); err != nil {
		return err
	}
	return w.z.Close()
}

// ReadResults yields the results of a chunk in order and returns their summary,
// or ErrCut when the object is not whole, or r's error.
func ReadResults(r io.Reader, yield func(Result) error) (Summary, error) {
	from := &source{r: r}
	z, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return Summary{}, err
	}
	defer z.Close()
	dec := json.NewDecoder(z)
	for {
		var line struct {
			Result
			Summary *Summary `json:"summary"`
		}
		if err := dec.Decode(&line); err != nil {
			return Summary{}, from.fault()
		}
		if line.Summary != nil {
			if line.Summary.Version != Version {
				return Summary{}, ErrCut
			}
			return *line.Summary, nil
		}
		if err := yield(line.Result); err != nil {
			return Summary{}, err
		}
	}
}
