package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"rollbook/internal/api"
	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/file/guide"
	"rollbook/internal/file/workbook"
	"rollbook/internal/importing/flow"
	"rollbook/internal/local/demo"
	"rollbook/internal/mail"
	"rollbook/internal/steps/template"
	"rollbook/internal/testing/memory"
)

// step is what a step or a call uses for one of what it counts, which its name
// says: rows, contacts, or the call itself.
type step struct {
	CPU                             float64 // microseconds of the function's, the table's not counted
	Requests, ReadUnits, WriteUnits float64 // of DynamoDB
}

func (r *report) step(name string, n int, u used) {
	x := step{float64(u.CPU.Microseconds()) / float64(n), float64(u.Requests) / float64(n), u.ReadUnits / float64(n), float64(u.WriteUnits) / float64(n)}
	r.Steps[name] = x
	fmt.Printf("  %-44s %10.1f µs of CPU %9.4f requests %8.4f read and %7.4f write units\n", name, x.CPU, x.Requests, x.ReadUnits, x.WriteUnits)
}

// imported keeps the three steps of an import.
func (r *report) imported(what string, u used) {
	r.step("plan, a row "+what, u.Rows, *u.Plan)
	r.step("chunk, a row "+what, u.Rows, *u.Chunk)
	r.step("finish, a row "+what, u.Rows, *u.Finish)
}

// steps measures on the contacts that costs has left what costs leaves out: rows
// with wrong values, rows that are found by an address, workbooks, templates, and
// what the screen reads.
func (s *shop) steps(ctx context.Context, rows int, r *report) error {
	fmt.Println("other work on the same contacts")
	wrong, found := bytes.NewBufferString("Contact,[old] GENRE,[new] GENRE\n"), bytes.NewBufferString("Email,Last name,[new] NOTE\n")
	var book bytes.Buffer
	note3 := domain.FieldDef{Code: "NOTE", Kind: domain.Text}
	w, err := workbook.New(&book, workbook.Table{Name: "Contacts", Language: "en", Columns: []workbook.Column{{Name: "Contact"}, {Name: "[old] NOTE"}, {Name: "[new] NOTE", Field: &note3, Open: true}}})
	if err != nil {
		return err
	}
	met := 0
	for i := range rows {
		c := demo.Contact(demo.Aurora, i)
		n := string(c.Number)
		fmt.Fprintf(wrong, "#%s,%s,NOT_A_GENRE_%d\n", n, c.Get("criterion:GENRE"), i%7)
		// Addresses that nobody shares, and no name that may be a program's empty cell.
		if e := c.Email(); strings.Contains(e, fmt.Sprintf(".%d@", i)) && c.Get(domain.ContactLastName) != "Null" {
			fmt.Fprintf(found, "%s,\"%s\",%s\n", e, c.Get(domain.ContactLastName), note(n, 3))
			met++
		}
		if err := w.Write([]string{"#" + n, note(n, 2), note(n, 4)}); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	if met < rows/2 {
		return fmt.Errorf("only %d of %d contacts have an address of their own", met, rows)
	}
	for _, c := range []struct {
		name string
		dt   domain.DataType
		a    domain.Action
		file []byte
		want func(domain.Counts) int
	}{
		{"of a wrong value", domain.Criteria, domain.Update, wrong.Bytes(), func(c domain.Counts) int { return c.Rejected }},
		{"of a workbook, tested", domain.Criteria, domain.Test, book.Bytes(), func(c domain.Counts) int { return c.Updated }},
		{"found by its address, changed", domain.Contacts, domain.Update, found.Bytes(), func(c domain.Counts) int { return c.Updated }},
	} {
		u, err := s.through(ctx, c.dt, c.a, c.file, c.want)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		r.imported(c.name, u)
	}
	for _, format := range []string{domain.FormatCSV, domain.FormatXLSX} {
		if err := s.template(ctx, format, r); err != nil {
			return fmt.Errorf("template as %s: %w", format, err)
		}
	}
	if err := s.calls(ctx, r); err != nil {
		return err
	}
	fmt.Println()
	return nil
}

func (s *shop) template(ctx context.Context, format string, r *report) error {
	t := domain.Template{ID: "0199f0aa-0000-7000-9000-00000000000" + format[:1], Institution: demo.Aurora, DataType: domain.Criteria, TargetID: demo.Targets(demo.Aurora)[0].ID,
		Format: format, Language: "en", Status: domain.Preparing, CreatedAt: time.Now(), ExpiresAt: time.Now().Add(domain.ImportLife)}
	if _, _, err := s.jobs.CreateTemplate(ctx, t, domain.Once{}); err != nil {
		return err
	}
	make := &template.Step{Contacts: s.contacts, Catalogue: s.catalogue, Jobs: s.jobs, Files: s.files, Mail: &memory.Mails{}, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Guide: guide.README, Letter: func(domain.Template, string) mail.Message { return mail.Message{} }}
	u, err := s.measure(func() error {
		return make.Run(ctx, flow.Template{Version: flow.Version, Institution: demo.Aurora, Template: t.ID})
	})
	if err != nil {
		return err
	}
	made, err := s.jobs.Template(ctx, demo.Aurora, t.ID)
	if err != nil {
		return err
	}
	if made.Status != domain.Ready || made.Contacts == 0 {
		return fmt.Errorf("it is %s, with %d contacts", made.Status, made.Contacts)
	}
	r.step("template as "+format+", a contact", made.Contacts, u)
	return nil
}

type noTemplates struct{}

func (noTemplates) Prepare(context.Context, domain.InstitutionID, string) error { return nil }

// calls measures what the screen asks the API for. Each call is made five times
// after a first one, which reads the catalogue for all.
func (s *shop) calls(ctx context.Context, r *report) error {
	jobs := s.jobs
	handler := api.New(api.Config{
		Contacts: s.contacts, Catalogue: s.catalogue, Jobs: jobs, Uploads: s.files, Files: s.files, Machine: &memory.Machine{}, Templates: noTemplates{},
		Users: dynamo.NewRecords[domain.User](jobs, "users"), Directory: &memory.Directory{}, Audit: memory.NewAudit(time.Now), Usage: dynamo.NewRecords[domain.Usage](jobs, "usage"),
		Keys: dynamo.NewRecords[domain.Key](jobs, "keys"), Webhooks: dynamo.NewRecords[domain.Webhook](jobs, "webhooks"), Deliveries: dynamo.NewRecords[domain.Delivery](jobs, dynamo.DeliveriesKind),
		Removed: dynamo.NewRecords[domain.Removed](jobs, "removed"), Mappings: dynamo.NewRecords[domain.Mapping](jobs, "mappings"), Drafts: dynamo.NewRecords[domain.Draft](jobs, "drafts"),
		Verify: func(context.Context, string) (api.Claims, error) {
			return api.Claims{Institution: demo.Aurora, User: "bench", Email: "bench@aurora.example", Groups: []string{api.Admin}}, nil
		},
		Now: time.Now, NewID: func() string { s.next++; return fmt.Sprintf("0199f0aa-0000-7000-a000-%012d", s.next) },
		ScreenURL: "https://screen.example", SignInURL: "https://signin.example", UploadsOrigin: "https://uploads.example", PreviewFor: 10 * time.Minute,
	})
	// A list as long as the screen's.
	for i := range 100 {
		imp := domain.Import{ID: fmt.Sprintf("0199f0aa-0000-7000-b000-%012d", i), Institution: demo.Aurora, DataType: domain.Criteria, Action: domain.Test, FileName: "members.csv",
			Status: domain.Done, Counts: domain.Counts{Rows: 10, Updated: 10}, CreatedAt: time.Now(), ExpiresAt: time.Now().Add(domain.ImportLife)}
		if _, _, err := jobs.CreateImport(ctx, imp, domain.Once{}, ""); err != nil {
			return err
		}
	}
	for _, c := range []struct{ name, method, path, body, has string }{
		{"preview of a target, a call", "POST", "/api/targets/preview", `{"condition":{"field":"criterion:GENRE","op":"in","value":["JAZZ","ROCK"]}}`, `"complete":true`},
		{"list of 100 imports, a call", "GET", "/api/imports?limit=100&brief=true", "", `"members.csv"`},
		{"list of 100 contacts, a call", "GET", "/api/contacts?limit=100", "", `"number"`},
		{"one contact, a call", "GET", "/api/contacts/" + string(demo.Number(1)), "", `"number"`},
		{"its history, a call", "GET", "/api/contacts/" + string(demo.Number(1)) + "/history", "", `"criterion:NOTE"`},
	} {
		call := func() error {
			req := httptest.NewRequestWithContext(ctx, c.method, c.path, strings.NewReader(c.body))
			req.Header.Set("Authorization", "Bearer bench")
			if c.body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
			res := httptest.NewRecorder()
			handler.ServeHTTP(res, req)
			b, err := io.ReadAll(res.Body)
			if err == nil && (res.Code != http.StatusOK || !bytes.Contains(b, []byte(c.has))) {
				err = fmt.Errorf("%s is answered %d: %.300s", c.path, res.Code, b)
			}
			return err
		}
		if err := call(); err != nil {
			return err
		}
		const times = 5
		u, err := s.measure(func() error {
			for range times {
				if err := call(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.step(c.name, times, u)
	}
	return nil
}
