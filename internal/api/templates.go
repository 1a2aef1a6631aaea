package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rollbook/internal/domain"
	"rollbook/internal/domain/condition"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
)

const (
	// jobLife is how long a template is listed; its file goes before.
	jobLife = 60 * 24 * time.Hour
	// linkLife is how long a signed address answers: time to follow a redirect.
	linkLife = 5 * time.Minute
)

// templateTypes are the types of data that templates are made for.
var templateTypes = []domain.DataType{domain.Contacts, domain.Criteria, domain.Authorisations}

type templateBody struct {
	DataType string   `json:"dataType" enum:"contacts,criteria,authorisations"`
	TargetID string   `json:"targetId" minLength:"1" maxLength:"200" doc:"The dynamic target whose contacts the file lists."`
	Email    string   `json:"email,omitempty" example:"ana@aurora.example" doc:"Where the link is mailed; without one no mail is sent."`
	Fields   []string `json:"fields,omitempty" maxItems:"1000" example:"[\"GENRE\"]" doc:"Codes of the fields to have columns; absent or empty for all."`
	// The whole export of contacts that integrators keep a copy by.
	Include      []string   `json:"include,omitempty" maxItems:"2" enum:"criteria,authorisations" doc:"With the type contacts only: fields of these as well, so that one file has all that is known."`
	UpdatedSince *time.Time `json:"updatedSince,omitempty" example:"2026-11-01T00:00:00Z" doc:"Only contacts that were made or changed since then. Those of before the last 90 days may be there as well, if the time is further back."`
	Format       string     `json:"format,omitempty" enum:"csv,xlsx,both" default:"csv" doc:"xlsx is a workbook with drop-down lists and locked cells; both are a CSV and a workbook with the same rows."`
}

// job is the answer to what takes its time.
type job struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

type template struct {
	ID           string      `json:"id"`
	Status       string      `json:"status" enum:"preparing,ready,failed,expired"`
	DataType     string      `json:"dataType" enum:"contacts,criteria,authorisations"`
	TargetID     string      `json:"targetId"`
	TargetName   string      `json:"targetName"`
	Fields       []string    `json:"fields" doc:"Empty for all."`
	Include      []string    `json:"include,omitempty" doc:"Types of data whose fields a form of contacts has as well."`
	UpdatedSince *time.Time  `json:"updatedSince,omitempty" doc:"It has those alone that were made or changed since then."`
	Format       string      `json:"format" enum:"csv,xlsx,both"`
	Email        string      `json:"email,omitempty"`
	Contacts     int         `json:"contacts" doc:"How many the file lists."`
	Bytes        int64       `json:"bytes" doc:"The size of the zip."`
	FileName     string      `json:"fileName,omitempty"`
	Problem      *reasonView `json:"problem,omitempty"`
	Mail         mailView    `json:"mail"`
	CreatedAt    time.Time   `json:"createdAt"`
	CreatedBy    string      `json:"createdBy" doc:"The e-mail address at the time, or the key's name."`
	CreatedByID  string      `json:"createdById" doc:"The user's id in the pool, which never changes, or key: and the key's."`
	FinishedAt   *time.Time  `json:"finishedAt,omitempty"`
	ExpiresAt    time.Time   `json:"expiresAt" doc:"When the file can no longer be fetched."`
}

// names are those of types of data.
func names(ts []domain.DataType) []string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = string(t)
	}
	return out
}

func (s *server) showTemplate(t domain.Template, lang string) template {
	if t.Status == domain.Ready && !s.Now().Before(t.FileEnds()) {
		t.Status = domain.TemplateExpired
	}
	return template{
		ID: t.ID, Status: string(t.Status), DataType: string(t.DataType), TargetID: t.TargetID, TargetName: t.TargetName,
		Fields: append([]string{}, t.Fields...), Include: names(t.Include), UpdatedSince: timeOf(t.UpdatedSince), Format: cmp.Or(t.Format, domain.FormatCSV), Email: t.Email, Contacts: t.Contacts, Bytes: t.Bytes,
		FileName: t.FileName, Problem: showFileProblem(t.Problem, lang), Mail: showMail(t.Mail, lang), CreatedAt: t.CreatedAt.UTC(), CreatedBy: t.CreatedBy.Name(), CreatedByID: t.CreatedBy.ID(),
		FinishedAt: timeOf(t.FinishedAt), ExpiresAt: t.FileEnds().UTC(),
	}
}

type templateInput struct {
	Once
	Body templateBody
}

type madeAnswer struct {
	Location string `header:"Location" doc:"Of what was made."`
	Body     job
}

type templateAnswer struct {
	ETag string `header:"ETag"`
	Body template
}

// signed is an address at which a file can be fetched for a few minutes.
type signed struct {
	URL      string `json:"url"`
	FileName string `json:"fileName"`
}

type signedAnswer struct {
	Status   int
	Location string `header:"Location" doc:"The signed address, with 302."`
	Body     signed
}

// Follow chooses the form in which a signed address is answered.
type Follow struct {
	Redirect bool `query:"redirect" default:"true" doc:"false to get 200 and the signed address in the body instead of 302: a script cannot read where a redirect leads."`
}

type fileInput struct {
	IDPath
	Follow
}

func (s *server) templateRoutes() {
	const all, one = "/api/templates", "/api/templates/{id}"
	route(s, Operator, huma.Operation{
		OperationID: "createTemplate", Method: http.MethodPost, Path: all, Tags: []string{tagTemplates},
		Summary:       "Make an import template",
		Description:   "The file is made afterwards; follow its status or wait for the mail.",
		DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusConflict},
	}, s.createTemplate)
	route(s, Viewer, huma.Operation{
		OperationID: "listTemplates", Method: http.MethodGet, Path: all, Tags: []string{tagTemplates},
		Summary: "List templates, newest first", Errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, c Claims, in *Paging) (*polled[template], error) {
		lang := s.lang(ctx, c)
		return poll(list(in.Limit, func(limit int) ([]domain.Template, string, error) {
			return s.Jobs.Templates(ctx, c.Institution, limit, in.Cursor)
		}, func(t domain.Template) template { return s.showTemplate(t, lang) }))
	})
	route(s, Viewer, huma.Operation{
		OperationID: "getTemplate", Method: http.MethodGet, Path: one, Tags: []string{tagTemplates},
		Summary: "Get a template", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *IDPath) (*templateAnswer, error) {
		t, err := s.template(ctx, c, in.ID)
		shown := s.showTemplate(t, s.lang(ctx, c))
		return &templateAnswer{tag(shown), shown}, err
	})
	route(s, Viewer, huma.Operation{
		OperationID: "getTemplateChanges", Method: http.MethodGet, Path: one + "/changes", Tags: []string{tagTemplates},
		Summary:     "How many contacts changed since a template was made",
		Description: "Counts the contacts that are in the target now and have a value in one of the template's fields that was set after the template was asked for. Values that were cleared since are not seen. Of criteria and authorisations only.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity},
	}, s.templateChanges)

	// Mails link here: a browser without a token goes to the screen to sign in.
	op := huma.Operation{
		OperationID: "getTemplateFile", Method: http.MethodGet, Path: one + "/file", Tags: []string{tagTemplates},
		Summary:       "Fetch a template's zip",
		Description:   "Answers a signed address, made at this call. A browser without a token is sent to the Import screen.\n\nNeeds the group viewer.",
		Security:      []map[string][]string{{bearer: {}}, {}},
		Extensions:    map[string]any{groupExtension: Viewer},
		DefaultStatus: http.StatusFound,
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict,
			http.StatusGone, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}
	op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		c, err := s.caller(r)
		if err == nil {
			err = allowed(c, Viewer)
		} else if r.Header.Get("Authorization") == "" && strings.Contains(r.Header.Get("Accept"), "text/html") {
			to := s.ScreenURL + "/"
			if id := r.PathValue("id"); safeID(id) {
				to += "#/templates/" + id
			}
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		if err == nil {
			err = strict(s.operation(op.Method, op.Path), r)
		}
		if err != nil {
			s.refused(r.Context(), c, &op, err)
			writeProblem(w, problemOf(err).in(s.lang(r.Context(), c)))
			return
		}
		next(huma.WithContext(ctx, withClaims(ctx.Context(), c)))
	}}
	huma.Register(s.huma, op, func(ctx context.Context, in *fileInput) (*signedAnswer, error) {
		c := claimsIn(ctx)
		out, err := auditing(ctx, s, c, &op, func(ctx context.Context) (*signedAnswer, error) { return s.templateFile(ctx, c, in) })
		if err != nil {
			return nil, s.answer(ctx, op, err)
		}
		return out, nil
	})
	s.redirects(one + "/file")
}

// redirects documents both answers of a route that leads to a signed address.
func (s *server) redirects(path string) {
	op := s.operation(http.MethodGet, path)
	op.Responses["200"] = &huma.Response{Description: "With redirect=false", Content: op.Responses["302"].Content}
}

func (s *server) template(ctx context.Context, c Claims, id string) (domain.Template, error) {
	if !safeID(id) {
		return domain.Template{}, fault.Missing()
	}
	return s.Jobs.Template(ctx, c.Institution, id)
}

type changesAnswer struct {
	Body struct {
		Count    int  `json:"count"`
		Complete bool `json:"complete" doc:"false when time ran out: then at least count changed."`
	}
}

func (s *server) templateChanges(ctx context.Context, c Claims, in *IDPath) (*changesAnswer, error) {
	t, err := s.template(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if t.DataType == domain.Contacts {
		return nil, fault.New(fault.Invalid, "notCounted")
	}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	goal, err := s.target(ctx, c, t.TargetID)
	if err != nil {
		return nil, err
	}
	cond, err := condition.Parse(goal.Condition, cat, s.Now())
	if err != nil {
		return nil, fault.New(fault.Conflict, "targetInvalid")
	}
	var fields []domain.Field
	for _, d := range cat.Of(t.DataType) {
		if len(t.Fields) == 0 || slices.Contains(t.Fields, d.Code) {
			fields = append(fields, d.Field())
		}
	}
	out := &changesAnswer{}
	out.Body.Count, _, out.Body.Complete, err = s.count(ctx, func(ctx context.Context) iter.Seq2[domain.Contact, error] { return s.Contacts.All(ctx, c.Institution) }, 0, func(contact domain.Contact) bool {
		return slices.ContainsFunc(fields, func(f domain.Field) bool {
			p, ok := contact.Provenance[f]
			return ok && p.At.After(t.CreatedAt)
		}) && cond.Match(contact)
	})
	return out, err
}

func (s *server) createTemplate(ctx context.Context, c Claims, in *templateInput) (*madeAnswer, error) {
	var f faults
	t := domain.DataType(in.Body.DataType)
	if !slices.Contains(templateTypes, t) {
		f.add("body.dataType", "invalid.noTemplates", t)
	}
	email := f.email("body.email", in.Body.Email)
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	defs := cat.Of(t)
	var include []domain.DataType
	for i, also := range in.Body.Include {
		switch at := fmt.Sprintf("body.include[%d]", i); {
		case t != domain.Contacts:
			f.add(at, "invalid.notIncluded")
		case slices.Contains(in.Body.Include[:i], also):
			// Said here: huma's check of a list without repetitions breaks on elements of
			// a wrong kind.
			f.add(at, "invalid.twice")
		}
		include = append(include, domain.DataType(also))
		defs = append(defs, cat.Of(domain.DataType(also))...)
	}
	if len(f) == 0 && len(defs) == 0 {
		f.add("body.dataType", "invalid.noFields", t)
	}
	for i, code := range in.Body.Fields {
		at := fmt.Sprintf("body.fields[%d]", i)
		switch {
		case !slices.ContainsFunc(defs, func(d domain.FieldDef) bool { return d.Code == code }):
			f.add(at, "invalid.otherField", t)
		case slices.Index(in.Body.Fields, code) < i:
			f.add(at, "invalid.fieldTwice")
		}
	}
	goal, _, err := s.goal(ctx, c, in.Body.TargetID, cat, &f)
	if err != nil {
		return nil, err
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := s.mayMail(ctx, c, cat.Settings, email); err != nil {
		return nil, err
	}
	mail, err := s.mailState(ctx, c, email)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	var since time.Time
	if in.Body.UpdatedSince != nil {
		since = in.Body.UpdatedSince.UTC()
	}
	stored := domain.Template{
		Include: include, UpdatedSince: since,
		ID: s.NewID(), Institution: c.Institution, DataType: t, TargetID: goal.ID, TargetName: goal.Name,
		Fields: in.Body.Fields, Format: cmp.Or(in.Body.Format, domain.FormatCSV), Email: email, Mail: mail, Language: languageOf(c, cat.Settings), Status: domain.Preparing,
		CreatedAt: now, CreatedBy: c.who(), ExpiresAt: now.Add(jobLife),
	}
	noted(ctx, "/api/templates/"+stored.ID, email)
	stored, _, err = s.Jobs.CreateTemplate(ctx, stored, in.Once.of("template", in.Body))
	if err != nil {
		return nil, err
	}
	// A repeated request prepares again while nothing is ready, since the first
	// one may have stopped before this.
	if stored.Status == domain.Preparing {
		if err := s.Templates.Prepare(ctx, c.Institution, stored.ID); err != nil {
			return nil, s.notPrepared(ctx, c, stored.ID, err)
		}
	}
	return &madeAnswer{"/api/templates/" + stored.ID, job{stored.ID, string(stored.Status)}}, nil
}

// mailState is that of a job before its mail is sent: with a warning if mails to
// the address came back.
func (s *server) mailState(ctx context.Context, c Claims, email string) (domain.MailState, error) {
	if email == "" {
		return domain.MailState{}, nil
	}
	returned, err := s.Jobs.Returned(ctx, c.Institution, email)
	if err != nil || !returned {
		return domain.MailState{}, err
	}
	return domain.NewMailState("", "addressReturned"), nil
}

// notPrepared marks a template that nobody will make.
func (s *server) notPrepared(ctx context.Context, c Claims, id string, cause error) error {
	_, err := s.Jobs.ChangeTemplate(context.WithoutCancel(ctx), c.Institution, id, func(t *domain.Template) error {
		if t.Status == domain.Preparing {
			t.Status, t.FinishedAt = domain.TemplateFailed, s.Now()
			t.Problem = domain.Because("notStarted.template")
		}
		return nil
	})
	if err != nil {
		cause = fmt.Errorf("%w; and it could not be marked: %w", cause, err)
	}
	return &fault.Error{Kind: fault.Busy, Reason: reason.New("notStarted.template"), Err: cause}
}

func (s *server) templateFile(ctx context.Context, c Claims, in *fileInput) (*signedAnswer, error) {
	t, err := s.template(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.mayExport(ctx, c); err != nil {
		return nil, err
	}
	expired := gone(reason.New("expired.template"))
	switch s.showTemplate(t, reason.English).Status {
	case string(domain.TemplateExpired):
		return nil, expired
	case string(domain.Preparing):
		return nil, fault.New(fault.Conflict, "notReady")
	case string(domain.TemplateFailed):
		return nil, fault.New(fault.Conflict, "templateFailed")
	}
	if _, _, err := s.Files.Head(ctx, t.File.Key); err != nil {
		if fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		_, err := s.Jobs.ChangeTemplate(ctx, c.Institution, t.ID, func(t *domain.Template) error {
			t.Status = domain.TemplateExpired
			return nil
		})
		if err != nil {
			return nil, err
		}
		return nil, expired
	}
	return s.sign(ctx, s.Files, t.File, t.FileName, in.Redirect)
}

type signer interface {
	SignGet(ctx context.Context, o domain.Object, fileName string, for_ time.Duration) (string, error)
}

func (s *server) sign(ctx context.Context, by signer, o domain.Object, name string, redirect bool) (*signedAnswer, error) {
	u, err := by.SignGet(ctx, o, name, linkLife)
	if err != nil {
		return nil, err
	}
	if !redirect {
		return &signedAnswer{Status: http.StatusOK, Body: signed{u, name}}, nil
	}
	return &signedAnswer{http.StatusFound, u, signed{u, name}}, nil
}

// of names a request for the store.
func (o Once) of(kind string, body any) domain.Once {
	if o.Key == "" {
		return domain.Once{}
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // it was read from JSON
	}
	h := sha256.Sum256(append([]byte(kind+"\n"), b...))
	return domain.Once{Key: o.Key, Digest: hex.EncodeToString(h[:])}
}

// email checks one address, without a name around it.
func (f *faults) email(at, s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	a, err := netmail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" || len(s) > domain.MaxEmail || strings.ContainsAny(s, "\r\n\"<>(),;:\\ ") {
		f.add(at, "invalid.email")
		return ""
	}
	return s
}
