// Package template makes import templates: a zip with the form as CSV, as
// workbook or as both, the internal codes (values.csv) and a guide, streamed
// from the contacts of a dynamic target, so that its size does not matter. A
// row is a contact as it was at one moment; what changes behind it is found by
// the compare when the file comes back.
package template

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"

	"rollbook/internal/domain"
	"rollbook/internal/domain/condition"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/field"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/sheet"
	"rollbook/internal/file/workbook"
	"rollbook/internal/importing/flow"
	"rollbook/internal/mail"
)

// Jobs is what it needs of the templates.
type Jobs interface {
	ChangeTemplate(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Template) error) (domain.Template, error)
}

// Catalogue is what it needs of the catalogue.
type Catalogue interface {
	Catalogue(ctx context.Context, in domain.InstitutionID) (*domain.Catalogue, error)
	Target(ctx context.Context, in domain.InstitutionID, id string) (domain.Target, error)
}

// Contacts yields an institution's contacts ordered by number, or those of them that
// were changed since a time.
type Contacts interface {
	Values(ctx context.Context, in domain.InstitutionID, of domain.Part) iter.Seq2[domain.Contact, error]
	ChangedSince(ctx context.Context, in domain.InstitutionID, since time.Time) iter.Seq2[domain.Contact, error]
}

// Files is where the zip goes.
type Files interface {
	Put(ctx context.Context, key string, r io.Reader, contentType string) (domain.Object, error)
}

// Mailer sends one mail.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) error
}

// Step makes templates.
type Step struct {
	Contacts  Contacts
	Catalogue Catalogue
	Jobs      Jobs
	Files     Files
	Mail      Mailer
	Letter    func(_ domain.Template, institution string) mail.Message              // what the mail says, without its address
	Guide     func(lang string, t domain.DataType, format, separator string) string // README.txt
	Log       *slog.Logger
	Now       func() time.Time
}

// tries is how often a template is begun: the first time, and the two retries
// of an asynchronous invocation.
const tries = 3

// Run makes one template. Running it again makes the same one and sends no
// second mail. When the last try fails, so does the template.
func (s *Step) Run(ctx context.Context, in flow.Template) error {
	if err := (flow.Run{Version: in.Version}).Check(); err != nil {
		return err
	}
	t, err := s.Jobs.ChangeTemplate(ctx, in.Institution, in.Template, func(t *domain.Template) error {
		if t.Status == domain.Preparing {
			t.Tries++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if t.Status == domain.Preparing {
		made, err := t, error(fault.New(fault.Internal, "templateKilled"))
		if t.Tries <= tries { // or none of them ever ended
			made, err = s.make(ctx, t)
		}
		if err != nil && t.Tries >= tries {
			s.Log.ErrorContext(ctx, "template given up", "institution", in.Institution, "template", in.Template, "error", err)
			made, err = s.fail(ctx, in.Institution, in.Template, domain.Because("templateFailed"))
		}
		if err != nil {
			return err
		}
		t = made
	}
	return s.mail(ctx, &t)
}

func (s *Step) fail(ctx context.Context, in domain.InstitutionID, id string, why *domain.FileProblem) (domain.Template, error) {
	return s.Jobs.ChangeTemplate(ctx, in, id, func(t *domain.Template) error {
		if t.Status == domain.Preparing {
			t.Status, t.FinishedAt = domain.TemplateFailed, s.Now().UTC()
			t.Problem = why
		}
		return nil
	})
}

func (s *Step) make(ctx context.Context, t domain.Template) (domain.Template, error) {
	cat, err := s.Catalogue.Catalogue(ctx, t.Institution)
	if err != nil {
		return t, err
	}
	tgt, err := s.Catalogue.Target(ctx, t.Institution, t.TargetID)
	if err == nil {
		var cond *condition.Condition
		if cond, err = condition.Parse(tgt.Condition, cat, s.Now()); err == nil {
			return s.write(ctx, t, cat, tgt.Name, cond)
		}
	}
	switch fault.KindOf(err) {
	case fault.NotFound:
		return s.fail(ctx, t.Institution, t.ID, domain.Because("targetGone"))
	case fault.Invalid:
		return s.fail(ctx, t.Institution, t.ID, domain.Because("targetInvalid"))
	}
	return t, err
}

func (s *Step) write(ctx context.Context, t domain.Template, cat *domain.Catalogue, name string, cond *condition.Condition) (domain.Template, error) {
	fields := cat.Of(t.DataType)
	for _, also := range t.Include {
		fields = append(fields, cat.Of(also)...)
	}
	if len(t.Fields) > 0 {
		fields = slices.DeleteFunc(fields, func(d domain.FieldDef) bool { return !slices.Contains(t.Fields, d.Code) })
	}
	if len(fields) == 0 {
		return s.fail(ctx, t.Institution, t.ID, domain.Because("noFields", t.DataType))
	}
	fileName := FileName(t.DataType, name, t.CreatedAt)
	reading, stop := context.WithCancel(ctx)
	defer stop()
	r, w := io.Pipe()
	z := &zipped{fields: fields, t: t, cat: cat, cond: cond, guide: s.Guide}
	of := domain.Part{Fields: slices.Concat(cond.Fields(), z.info())}
	for _, d := range fields {
		of.Fields = append(of.Fields, d.Field())
	}
	z.contacts = s.Contacts.Values(reading, t.Institution, of)
	if !t.UpdatedSince.IsZero() {
		z.contacts = s.Contacts.ChangedSince(reading, t.Institution, t.UpdatedSince)
	}
	made := make(chan error, 1)
	go func() {
		err := z.write(w)
		w.CloseWithError(err)
		made <- err
	}()
	o, err := s.Files.Put(ctx, flow.TemplateKey(t.Institution, t.ID, fileName), r, "application/zip")
	if err != nil {
		stop()
	}
	r.CloseWithError(errors.New("the store stopped reading"))
	if f, ok := fault.As(<-made); ok && f.Kind == fault.TooLarge {
		return s.fail(ctx, t.Institution, t.ID, &domain.FileProblem{Reason: f.Reason})
	}
	if err != nil {
		return t, fmt.Errorf("store template: %w", err)
	}
	return s.Jobs.ChangeTemplate(ctx, t.Institution, t.ID, func(j *domain.Template) error {
		if j.Status == domain.Preparing {
			j.Status, j.FinishedAt = domain.Ready, s.Now().UTC()
			j.Contacts, j.Bytes, j.File, j.FileName, j.TargetName = z.count, z.bytes, o, fileName, name
		}
		return nil
	})
}

// FileName returns the name of a template's zip:
// rollbook-<type of data>-<target>-<yyyymmdd-hhmm>.zip, in UTC.
func FileName(t domain.DataType, target string, at time.Time) string {
	var slug strings.Builder
	for _, r := range text.Normalise(target) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			slug.WriteRune(r)
		case slug.Len() > 0 && !strings.HasSuffix(slug.String(), "-"):
			slug.WriteByte('-')
		}
		if slug.Len() == 40 {
			break
		}
	}
	name := strings.Trim(slug.String(), "-")
	if name == "" {
		name = "target"
	}
	return fmt.Sprintf("rollbook-%s-%s-%s.zip", t, name, at.UTC().Format("20060102-1504"))
}

// zipped writes the zip of one template.
type zipped struct {
	fields   []domain.FieldDef
	t        domain.Template
	cat      *domain.Catalogue
	cond     *condition.Condition
	contacts iter.Seq2[domain.Contact, error]
	guide    func(lang string, t domain.DataType, format, separator string) string
	count    int
	bytes    int64
}

// counter counts what goes out.
type counter struct {
	w io.Writer
	n *int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	*c.n += int64(n)
	return n, err
}

func (z *zipped) write(w io.Writer) error {
	zw := zip.NewWriter(&counter{w, &z.bytes})
	zw.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 5) })
	sep := z.cat.Settings.Comma()
	entry := func(name string, fill func(io.Writer) error) error {
		// The time of asking, so that the same template is the same bytes.
		e, err := zw.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: z.t.CreatedAt.UTC()})
		if err != nil {
			return err
		}
		return fill(e)
	}
	csv := func(fill func(*sheet.Writer) error) func(io.Writer) error {
		return func(w io.Writer) error {
			sw := sheet.NewWriter(w, sep)
			if err := fill(sw); err != nil {
				return err
			}
			return sw.Flush()
		}
	}
	format := z.t.Format
	if format == "" {
		format = domain.FormatCSV
	}
	var to []table
	var book *book
	if format != domain.FormatCSV {
		var err error
		if book, err = newBook(z.table()); err != nil {
			return err
		}
		defer book.Close()
		to = append(to, book)
	}
	name := string(z.t.DataType)
	// Both come from one pass over the contacts, so that they say the same.
	if format == domain.FormatXLSX {
		if err := z.rows(to); err != nil {
			return err
		}
	} else if err := entry(name+".csv", csv(func(sw *sheet.Writer) error {
		if err := sw.Write(z.header()); err != nil {
			return err
		}
		return z.rows(append(to, sw))
	})); err != nil {
		return err
	}
	if book != nil {
		if err := book.store(zw, name+".xlsx", z.t.CreatedAt); err != nil {
			return err
		}
	}
	if err := entry("values.csv", csv(z.values)); err != nil {
		return err
	}
	if err := entry("README.txt", func(w io.Writer) error {
		_, err := io.WriteString(w, z.guide(z.t.Language, z.t.DataType, format, string(sep)))
		return err
	}); err != nil {
		return err
	}
	return zw.Close()
}

// info are the columns that help to recognise the contact. In a form of contacts
// they are among those to edit.
func (z *zipped) info() []domain.Field {
	if z.t.DataType == domain.Contacts {
		return nil
	}
	return []domain.Field{domain.ContactEmail, domain.ContactLastName, domain.ContactFirstName}
}

// columns are those of the form.
func (z *zipped) columns() []workbook.Column {
	cols := []workbook.Column{{Name: flow.KeyColumn}}
	for _, f := range z.info() {
		d, _ := domain.ContactDef(f)
		cols = append(cols, workbook.Column{Name: "[info] " + d.Label})
	}
	cols = append(cols, workbook.Column{Name: sheet.MadeColumn(z.t.CreatedAt)})
	for _, d := range z.fields {
		cols = append(cols, workbook.Column{Name: "[old] " + d.NameIn(z.t.DataType), Field: &d}, workbook.Column{Name: "[new] " + d.NameIn(z.t.DataType), Field: &d, Open: true, Options: workbook.OptionsOf(d.Field(), z.cat.Settings)})
	}
	return cols
}

func (z *zipped) header() []string {
	var names []string
	for _, c := range z.columns() {
		names = append(names, c.Name)
	}
	return names
}

func (z *zipped) table() workbook.Table {
	return workbook.Table{Name: string(z.t.DataType), Language: z.t.Language, Columns: z.columns(), Modified: z.t.CreatedAt, Made: z.t.CreatedAt}
}

// table is where rows go.
type table interface {
	Write(cells []string) error
}

// rows writes the form, one line a contact, to all of the tables.
func (z *zipped) rows(to []table) error {
	info := z.info()
	first := len(info) + 2 // behind the age, of which no cell has anything
	cells := make([]string, first+2*len(z.fields))
	for c, err := range z.contacts {
		if err != nil {
			return err
		}
		if !z.cond.Match(c) {
			continue
		}
		z.count++
		cells[0] = "#" + string(c.Number)
		for i, f := range info {
			cells[1+i] = string(c.Get(f))
		}
		for i, d := range z.fields {
			cells[first+2*i] = field.Format(c.Get(d.Field()), d)
		}
		for _, t := range to {
			if err := t.Write(cells); err != nil {
				return err
			}
		}
	}
	return nil
}

// values writes what the [new] cells take.
func (z *zipped) values(w *sheet.Writer) error {
	lang := z.t.Language
	if err := w.Write([]string{"field code", "field label", "kind", "value code", "value label"}); err != nil {
		return err
	}
	for _, d := range z.fields {
		rows := slices.Concat(field.Of(d.Kind).Listed, d.Values)
		if len(rows) == 0 {
			rows = []domain.Choice{{}}
		}
		for _, v := range rows {
			if v.Retired {
				continue
			}
			if err := w.Write([]string{d.Name(), d.LabelIn(lang), string(d.Kind), v.Code, v.LabelIn(lang)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// mail sends the one mail.
func (s *Step) mail(ctx context.Context, t *domain.Template) error {
	if t.Email == "" {
		return nil
	}
	m := s.Letter(*t, mail.Institution(ctx, s.Catalogue.Catalogue, t.Institution))
	m.To, m.Job = t.Email, domain.Job{Institution: t.Institution, Kind: domain.TemplateJob, ID: t.ID}
	return mail.Once(ctx, s.Now, func(f func(*domain.MailState) error) error {
		_, err := s.Jobs.ChangeTemplate(ctx, t.Institution, t.ID, func(j *domain.Template) error { return f(&j.Mail) })
		return err
	}, s.Mail.Send, m, func(err error) {
		s.Log.WarnContext(ctx, "mail not sent", "institution", t.Institution, "template", t.ID, "error", err)
	})
}
