package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rollbook/internal/domain"
	"rollbook/internal/domain/condition"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// A setting is what an import without a file is made of: the form of a target
// with the same [new] values for all of its contacts.
type setting struct {
	target domain.Target
	cond   *condition.Condition
	fields []domain.FieldDef // in the catalogue's order
	values map[string]string
	sep    rune
}

// setting reads that part of a request, nil if it has none.
func (s *server) setting(ctx context.Context, c Claims, b importBody, cat *domain.Catalogue, f *faults) (*setting, error) {
	if b.TargetID == "" && len(b.Set) == 0 {
		return nil, nil
	}
	t := domain.DataType(b.DataType)
	out := &setting{values: b.Set, sep: cat.Settings.Comma()}
	if t == domain.Contacts {
		f.add("body.dataType", "invalid.noSet", t)
		return nil, nil
	}
	if len(b.Set) == 0 {
		f.add("body.set", "invalid.empty")
	}
	for _, d := range cat.Of(t) {
		text, ok := b.Set[d.Code]
		if !ok {
			continue
		}
		out.fields = append(out.fields, d)
		if strings.TrimSpace(text) == "" {
			f.add("body.set."+d.Code, "invalid.empty")
		} else if _, _, p := field.ParseNew(text, d); p != nil {
			f.because("body.set."+d.Code, *p)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(b.Set)) {
		if !slices.ContainsFunc(out.fields, func(d domain.FieldDef) bool { return d.Code == code }) {
			f.add("body.set."+code, "invalid.otherField", t)
		}
	}
	var err error
	out.target, out.cond, err = s.goal(ctx, c, b.TargetID, cat, f)
	return out, err
}

// fileOf makes the file that a person would have made of the target's form: the
// values as they are now, and beside them what they shall become.
func (s *server) fileOf(ctx context.Context, c Claims, x *setting) ([]byte, error) {
	var b bytes.Buffer
	w := sheet.NewWriter(&b, x.sep)
	header := []string{flow.KeyColumn}
	for _, d := range x.fields {
		header = append(header, "[old] "+d.Name(), "[new] "+d.Name())
	}
	if err := w.Write(header); err != nil {
		return nil, err
	}
	timed, stop := context.WithTimeout(ctx, s.PreviewFor)
	defer stop()
	rows, cells, ends := 0, make([]string, len(header)), s.Now().Add(s.PreviewFor)
	of := domain.Part{Fields: x.cond.Fields()}
	for _, d := range x.fields {
		of.Fields = append(of.Fields, d.Field())
	}
	for contact, err := range s.Contacts.Values(timed, c.Institution, of) {
		if err != nil && ctx.Err() == nil && errors.Is(timed.Err(), context.DeadlineExceeded) || s.Now().After(ends) {
			return nil, fault.At("body.targetId", "invalid.slowTarget")
		}
		if err != nil {
			return nil, err
		}
		if !x.cond.Match(contact) {
			continue
		}
		rows++
		cells[0] = "#" + string(contact.Number)
		for i, d := range x.fields {
			cells[1+2*i], cells[2+2*i] = field.Format(contact.Get(d.Field()), d), x.values[d.Code]
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	if rows == 0 {
		return nil, fault.At("body.targetId", "invalid.nobody")
	}
	err := w.Flush()
	return b.Bytes(), err
}

// fileName is how an import without a file is called.
func (x *setting) fileName(at time.Time) string {
	name := strings.NewReplacer("/", "-", `\`, "-").Replace(x.target.Name)
	return domain.FileName(fmt.Sprintf("%s %s.csv", name, at.UTC().Format("2006-01-02")))
}

// upload puts the file of an import where people's files come, so that it goes
// the same way.
func (s *server) upload(ctx context.Context, i domain.Import, file []byte) error {
	_, err := s.Uploads.Put(ctx, flow.UploadKey(i.Institution, i.ID), bytes.NewReader(file), "text/csv")
	return err
}
