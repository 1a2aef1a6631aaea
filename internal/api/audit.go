package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/file/sheet"
)

// Audit is what the API needs of the record of who did what.
type Audit interface {
	Append(ctx context.Context, in domain.InstitutionID, e domain.Audited) error
	// Along returns a context whose transactions keep the entry as well, as it
	// is then, or nothing at all. kept reports whether one of them was made.
	Along(ctx context.Context, in domain.InstitutionID, e *domain.Audited) (_ context.Context, kept func() bool)
	// Alone returns a context whose transactions keep no entry.
	Alone(ctx context.Context) context.Context
	Entries(ctx context.Context, in domain.InstitutionID, limit int, cursor string) (es []domain.Audited, next string, err error)
}

// done is the outcome of what was not refused.
const done = "done"

// noChange are the operations that are no GET and change nothing that counts, and
// fetched those that are one and hand out people's data in bulk. A draft counts
// when it is tested.
var (
	noChange = map[string]bool{"previewTarget": true, "countTarget": true, "nextNumber": true, "searchContacts": true, "searchChanges": true, "putDraft": true, "deleteDraft": true}
	fetched  = map[string]bool{"getImportFile": true, "getTemplateFile": true, "listAudit": true}
)

func audited(op *huma.Operation) bool {
	if op.Method == http.MethodGet {
		return fetched[op.OperationID]
	}
	return !noChange[op.OperationID]
}

type requestKey struct{}

// remembered puts what an entry says of a request into its context, which is of no
// institution until it is known who asks.
func remembered(r *http.Request) *http.Request {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	return r.WithContext(context.WithValue(domain.Unbound(r.Context()), requestKey{}, [2]string{ip, r.URL.Path}))
}

// entry is a new entry about the request of the context.
func (s *server) entry(ctx context.Context, c Claims, action string) *domain.Audited {
	about, _ := ctx.Value(requestKey{}).([2]string)
	days := domain.AuditDays
	if cat, err := s.Catalogue.Catalogue(ctx, c.Institution); err == nil && cat.Settings.AuditDays > 0 {
		days = cat.Settings.AuditDays
	}
	var salt [4]byte
	rand.Read(salt[:])
	now := s.Now().UTC()
	return &domain.Audited{ID: fmt.Sprintf("%016x%s", now.UnixNano(), hex.EncodeToString(salt[:])), At: now, Who: c.who(), Action: action,
		Object: location(about[1]), Outcome: done, IP: about[0], EndsAt: now.AddDate(0, 0, days)}
}

type entryKey struct{}

// note changes the entry that will be kept about what the context's request
// does. It must come before the change that the entry goes along with.
func note(ctx context.Context, f func(e *domain.Audited)) {
	if e, ok := ctx.Value(entryKey{}).(*domain.Audited); ok {
		f(e)
	}
}

// noted says of an entry what was made and where its mail goes.
func noted(ctx context.Context, object, email string) {
	note(ctx, func(e *domain.Audited) {
		e.Object = object
		if email != "" {
			e.Details = map[string]string{"email": email}
		}
	})
}

// auditing runs an operation and keeps an entry about it: in the transaction
// that it makes, or afterwards. What cannot be remembered has not succeeded.
func auditing[O any](ctx context.Context, s *server, c Claims, op *huma.Operation, f func(context.Context) (*O, error)) (*O, error) {
	if !audited(op) {
		return f(ctx)
	}
	e := s.entry(ctx, c, op.OperationID)
	inner, kept := s.Audit.Along(context.WithValue(ctx, entryKey{}, e), c.Institution, e)
	out, err := f(inner)
	switch {
	case err == nil && !kept():
		if err := s.Audit.Append(context.WithoutCancel(ctx), c.Institution, *e); err != nil {
			return nil, err
		}
	case err != nil && (kept() || refusal(err)):
		again := s.entry(ctx, c, op.OperationID)
		again.Object, again.Outcome = e.Object, problemOf(err).Code
		s.append(ctx, c, again)
	}
	return out, err
}

// refusal tells whether an error is one that is remembered.
func refusal(err error) bool {
	p := problemOf(err)
	return p.Status == http.StatusForbidden || p.Status == http.StatusTooManyRequests
}

// refused remembers that somebody was refused.
func (s *server) refused(ctx context.Context, c Claims, op *huma.Operation, err error) {
	if !refusal(err) || !c.Institution.Valid() {
		return
	}
	e := s.entry(ctx, c, op.OperationID)
	e.Outcome = problemOf(err).Code
	s.append(ctx, c, e)
}

// append keeps an entry about what has its answer already.
func (s *server) append(ctx context.Context, c Claims, e *domain.Audited) {
	if err := s.Audit.Append(context.WithoutCancel(ctx), c.Institution, *e); err != nil {
		s.Log.ErrorContext(ctx, "not audited", "institution", c.Institution, "operation", e.Action, "code", e.Outcome, "cause", err.Error())
	}
}

// auditWho is who did it.
type auditWho struct {
	ID    string `json:"id" doc:"The user's id in the pool, key: and the key's, or inbox."`
	Email string `json:"email" doc:"As it was then; of a key its name."`
}

// auditView is one entry.
type auditView struct {
	At      time.Time         `json:"at"`
	Who     auditWho          `json:"who"`
	Action  string            `json:"action" example:"putContact" doc:"An operation of this API, signIn, or drop."`
	Object  string            `json:"object" example:"/api/contacts/0012345" doc:"The address of what it was done to."`
	Outcome string            `json:"outcome" example:"done" doc:"done, or the code of what it was refused for."`
	IP      string            `json:"ip"`
	Details map[string]string `json:"details,omitempty"`
}

func showEntry(e domain.Audited) auditView {
	v := auditView{At: e.At, Action: e.Action, Object: e.Object, Outcome: e.Outcome, IP: e.IP, Details: e.Details}
	v.Who.ID, v.Who.Email = e.Who.ID(), e.Who.Name()
	return v
}

// AuditFilter says which entries are asked for.
type AuditFilter struct {
	Since  time.Time `query:"since" doc:"Only those at or after this time."`
	Who    string    `query:"who" maxLength:"300" doc:"Only those of this id or e-mail address."`
	Action string    `query:"action" maxLength:"100" doc:"Only those of this action."`
	Object string    `query:"object" maxLength:"300" doc:"Only those whose object begins with this."`
}

func (f AuditFilter) fits(e domain.Audited) bool {
	return (f.Who == "" || f.Who == e.Who.ID() || strings.EqualFold(f.Who, e.Who.Name())) &&
		(f.Action == "" || f.Action == e.Action) && strings.HasPrefix(e.Object, f.Object)
}

type auditInput struct {
	AuditFilter
	Format string `query:"format" enum:"json,csv" default:"json" doc:"csv answers text/csv, as the header Accept does: all entries that fit, of the newest 100,000."`
	Paging
}

const (
	auditLook = 2000    // entries that one request for a page looks at
	auditMost = 100_000 // and one for a CSV
)

func (s *server) auditRoutes() {
	route(s, Admin, huma.Operation{
		OperationID: "listAudit", Method: http.MethodGet, Path: "/api/audit", Tags: []string{tagMe},
		Summary: "Who did what, newest first", Description: "A page may hold fewer items than there are: go on while there is a nextCursor.",
	}, func(ctx context.Context, c Claims, in *auditInput) (*listed[auditView], error) {
		return list(in.Limit, func(limit int) ([]domain.Audited, string, error) {
			return s.entries(ctx, c, in.AuditFilter, limit, in.Cursor, auditLook)
		}, showEntry)
	})
	op := s.operation(http.MethodGet, "/api/audit")
	op.Responses["200"].Content["text/csv"] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
}

// entries returns a page of the entries that fit, of at most so many.
func (s *server) entries(ctx context.Context, c Claims, f AuditFilter, limit int, cursor string, most int) ([]domain.Audited, string, error) {
	var found []domain.Audited
	for seen := 0; seen < most; {
		es, next, err := s.Audit.Entries(ctx, c.Institution, min(limit-len(found), 200), cursor)
		if err != nil {
			return nil, "", err
		}
		for _, e := range es {
			if !f.Since.IsZero() && e.At.Before(f.Since) {
				return found, "", nil
			}
			if f.fits(e) {
				found = append(found, e)
			}
		}
		seen, cursor = seen+len(es), next
		if next == "" || len(found) == limit {
			break
		}
	}
	return found, cursor, nil
}

// auditCSV answers the same as a file, guarded as all of ours are.
func (s *server) auditCSV(ctx huma.Context, c Claims) {
	r, w := humago.Unwrap(ctx)
	f := AuditFilter{Who: r.URL.Query().Get("who"), Action: r.URL.Query().Get("action"), Object: r.URL.Query().Get("object")}
	if since := r.URL.Query().Get("since"); since != "" {
		var err error
		if f.Since, err = time.Parse(time.RFC3339, since); err != nil {
			writeProblem(w, problemOf(fault.At("query.since", "invalid.time")).in(s.lang(r.Context(), c)))
			return
		}
	}
	es, _, err := s.entries(r.Context(), c, f, auditMost, "", auditMost)
	if err == nil {
		e := s.entry(r.Context(), c, "listAudit")
		err = s.Audit.Append(r.Context(), c.Institution, *e)
	}
	if err != nil {
		writeProblem(w, problemOf(err).in(s.lang(r.Context(), c)))
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
	out := csv.NewWriter(w)
	out.UseCRLF = true
	// Whoever asked may be gone: then there is nobody to tell.
	_ = out.Write([]string{"at", "who", "email", "action", "object", "outcome", "ip", "details"})
	for _, e := range es {
		details := ""
		if len(e.Details) > 0 {
			b, _ := json.Marshal(e.Details) // a map of strings
			details = string(b)
		}
		row := []string{e.At.Format(time.RFC3339Nano), e.Who.ID(), e.Who.Name(), e.Action, e.Object, e.Outcome, e.IP, details}
		for i := range row {
			row[i] = sheet.Guard(row[i])
		}
		_ = out.Write(row)
	}
	out.Flush()
}

// wantsCSV tells whether a request asks for a file.
func wantsCSV(r *http.Request) bool {
	return cmp.Or(r.URL.Query().Get("format"), "json") == "csv" || strings.HasPrefix(r.Header.Get("Accept"), "text/csv")
}
