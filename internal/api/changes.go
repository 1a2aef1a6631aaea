package api

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// changeView is one value of one contact that an import changes.
type changeView struct {
	Line    int    `json:"line"`
	Contact string `json:"contact" doc:"Its number; empty for one that a test would create."`
	Name    string `json:"name" doc:"The contact's, as it is now; empty if it has none or is not there any more."`
	Field   string `json:"field" doc:"As in fields of the import."`
	Before  string `json:"before" doc:"Empty for none."`
	After   string `json:"after" doc:"Empty for none."`
}

// changesBody asks for changes with nothing of it in a URL.
type changesBody struct {
	Field  string `json:"field,omitempty" maxLength:"200" doc:"Only of this field: its code or column name."`
	From   string `json:"from,omitempty" maxLength:"10000" example:"ROCK" doc:"Only from this value, or from such values, as fields of the import name them; Empty for none."`
	To     string `json:"to,omitempty" maxLength:"10000" example:"OPERA" doc:"Only to this value, or to such values, likewise."`
	Q      string `json:"q,omitempty" maxLength:"254" doc:"Only where the contact's number or name, or one of the two values, has this in it, in any case."`
	Limit  int    `json:"limit,omitempty" minimum:"1" maximum:"200" doc:"How many items at most. 50 unless set."`
	Cursor string `json:"cursor,omitempty" maxLength:"2000" doc:"nextCursor of the page before."`
}

type changesInput struct {
	IDPath
	Field string `query:"field" maxLength:"200" doc:"Only of this field: its code or column name."`
	From  string `query:"from" maxLength:"2000" doc:"Only from this value, or from such values, as fields of the import name them; Empty for none. POST …/changes/search takes longer ones."`
	To    string `query:"to" maxLength:"2000" doc:"Only to this value, or to such values, likewise."`
	Q     string `query:"q" maxLength:"254" doc:"Only where the contact's number or name, or one of the two values, has this in it, in any case."`
	Paging
}

type changesSearch struct {
	IDPath
	Body changesBody
}

func (s *server) changesRoutes(one string) {
	const order = "In the order of the file. A page may hold fewer items than there are: go on while there is a nextCursor."
	route(s, Viewer, huma.Operation{
		OperationID: "listChanges", Method: http.MethodGet, Path: one + "/changes", Tags: []string{tagImports},
		Summary: "List what an import changes or, as a test, would change, contact by contact", Description: order,
		Errors: []int{http.StatusNotFound, http.StatusGone},
	}, func(ctx context.Context, c Claims, in *changesInput) (*listed[changeView], error) {
		return paged(ctx, s, c, in.Q, in.Limit, in.Cursor, func(limit int) (*listed[changeView], error) {
			return s.listChanges(ctx, c, in.ID, "query.", changesBody{in.Field, in.From, in.To, in.Q, limit, in.Cursor})
		})
	})
	route(s, Viewer, huma.Operation{
		OperationID: "searchChanges", Method: http.MethodPost, Path: one + "/changes/search", Tags: []string{tagImports},
		Summary: "List changes, with what is looked for in the body", Description: "As the GET, but no name or value is in a URL, which logs and histories keep. " + order,
		Errors: []int{http.StatusNotFound, http.StatusGone},
	}, func(ctx context.Context, c Claims, in *changesSearch) (*listed[changeView], error) {
		if in.Body.Limit == 0 {
			in.Body.Limit = 50
		}
		return paged(ctx, s, c, in.Body.Q, in.Body.Limit, in.Body.Cursor, func(limit int) (*listed[changeView], error) {
			in.Body.Limit = limit
			return s.listChanges(ctx, c, in.ID, "body.", in.Body)
		})
	})
}

// What one request reads at most: bytes of the file of changes, and contacts of
// which it asks the names.
const (
	changesRead  = 16 << 20
	changesNames = 1000
)

func (s *server) listChanges(ctx context.Context, c Claims, id, at string, in changesBody) (*listed[changeView], error) {
	i, err := s.theImport(ctx, c, id)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(in.Q, func(r rune) bool { return r < ' ' }) {
		return nil, fault.At(at+"q", "invalid.search")
	}
	offset := int64(0)
	if in.Cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(in.Cursor)
		if err == nil {
			offset, err = strconv.ParseInt(string(raw), 10, 64)
		}
		if err != nil || offset < 1 {
			return nil, fault.At(at+"cursor", "cursorInvalid")
		}
	}
	out := &listed[changeView]{page[changeView]{Items: []changeView{}}}
	if !slices.Contains(i.Files, "changes") {
		return out, nil
	}
	f, err := s.Files.Open(ctx, domain.Object{Key: flow.FileOf(i, "changes")})
	if err != nil {
		return nil, missingAs(err, gone(reason.New("expired.file")))
	}
	if offset > f.Size() {
		return nil, fault.At(at+"cursor", "cursorInvalid")
	}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	r, err := newChangeReader(f, offset)
	if err != nil {
		return nil, err
	}
	w := changeFilter{body: in, words: text.Bare(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(in.Q), "#"))), cat: cat, fields: map[string]*field.Index{}, defs: map[string]domain.FieldDef{}}
	next, asked := offset, 0
	for {
		// A batch is no larger than what may still be answered, so that the cursor
		// is that of its end.
		var batch []changeView
		for len(batch) < in.Limit-len(out.Body.Items) && r.at-offset < changesRead {
			v, err := r.read()
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			next = r.at
			if w.takes(&v) {
				batch = append(batch, v)
			}
		}
		if asked += len(batch); len(batch) > 0 {
			if batch, err = s.named(ctx, c, batch); err != nil {
				return nil, err
			}
		}
		for _, v := range batch {
			if w.found(v) {
				out.Body.Items = append(out.Body.Items, v)
			}
		}
		switch {
		case next >= f.Size():
			return out, nil
		case len(out.Body.Items) == in.Limit, r.at-offset >= changesRead, asked >= changesNames:
			out.Body.NextCursor = base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, next, 10))
			return out, nil
		}
	}
}

// named returns changes with the names of their contacts.
func (s *server) named(ctx context.Context, c Claims, vs []changeView) ([]changeView, error) {
	var ns []domain.ContactNumber
	asked := map[string]bool{}
	for _, v := range vs {
		if v.Contact != "" && !asked[v.Contact] {
			asked[v.Contact] = true
			ns = append(ns, domain.ContactNumber(v.Contact))
		}
	}
	cs, err := s.Contacts.GetMany(ctx, c.Institution, ns)
	if err != nil {
		return nil, err
	}
	for i := range vs {
		who := cs[domain.ContactNumber(vs[i].Contact)]
		if vs[i].Name = strings.TrimSpace(string(who.Get(domain.ContactFirstName)) + " " + string(who.Get(domain.ContactLastName))); vs[i].Name == "" {
			vs[i].Name = who.Email()
		}
	}
	return vs, nil
}

// changeReader reads the file of changes from a place in it.
type changeReader struct {
	csv  *csv.Reader
	from int64
	at   int64 // where the next line begins
}

// newChangeReader reads from the offset, 0 for the first change.
func newChangeReader(f domain.File, offset int64) (*changeReader, error) {
	head := make([]byte, len("\ufeffContact,"))
	if _, err := f.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("file of changes: %w", err)
	}
	r := &changeReader{from: offset, at: offset}
	if offset == 0 {
		r.from = int64(len("\ufeff"))
	}
	r.csv = csv.NewReader(bufio.NewReaderSize(io.NewSectionReader(f, r.from, f.Size()-r.from), 64<<10))
	r.csv.Comma, r.csv.FieldsPerRecord, r.csv.ReuseRecord = rune(head[len(head)-1]), 5, true
	if offset == 0 {
		if _, err := r.csv.Read(); err != nil {
			return nil, fmt.Errorf("file of changes: %w", err)
		}
	}
	return r, nil
}

func (r *changeReader) read() (changeView, error) {
	cells, err := r.csv.Read()
	r.at = r.from + r.csv.InputOffset()
	if err != nil {
		return changeView{}, err
	}
	for i := range cells {
		cells[i] = strings.Clone(sheet.Unguard(cells[i]))
	}
	line, err := strconv.Atoi(cells[1])
	return changeView{Line: line, Contact: strings.TrimPrefix(cells[0], "#"), Field: cells[2], Before: cells[3], After: cells[4]}, err
}

// changeFilter chooses changes.
type changeFilter struct {
	body   changesBody
	words  string
	cat    *domain.Catalogue
	fields map[string]*field.Index // nil for a field that is not there any more
	defs   map[string]domain.FieldDef
}

// takes reports whether a change is of the field and values that are asked for, and
// makes its values what the API calls them.
func (w *changeFilter) takes(v *changeView) bool {
	if w.body.Field != "" && w.body.Field != v.Field {
		return false
	}
	x, seen := w.fields[v.Field]
	if !seen {
		for _, d := range slices.Concat(w.cat.Of(domain.Contacts), w.cat.Fields) {
			if d.Name() == v.Field {
				x = field.NewIndex(d)
				w.defs[v.Field] = d
			}
		}
		w.fields[v.Field] = x
	}
	kind := w.defs[v.Field].Kind
	for _, of := range []struct {
		value *string
		want  string
	}{{&v.Before, w.body.From}, {&v.After, w.body.To}} {
		if x != nil {
			if got, known := x.ParseOld(*of.value); known {
				*of.value = string(got)
			}
		}
		switch {
		case of.want == "", of.want == *of.value:
		case of.want == "Empty" && *of.value == "":
		case x != nil && *of.value != "" && field.Group(domain.Value(*of.value), kind) == of.want:
		default:
			return false
		}
	}
	return true
}

// found reports whether a change has the words that are looked for.
func (w *changeFilter) found(v changeView) bool {
	if w.words == "" {
		return true
	}
	for _, s := range []string{v.Contact, v.Name, v.Before, v.After} {
		if strings.Contains(text.Bare(s), w.words) {
			return true
		}
	}
	return false
}
