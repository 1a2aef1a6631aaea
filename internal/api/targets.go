package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/condition"
	"rollbook/internal/domain/fault"
)

// TargetBody is what makes a dynamic target.
type TargetBody struct {
	Name      string        `json:"name" minLength:"1" example:"Jazz lovers who allow e-mail"`
	Condition conditionTree `json:"condition"`
}

// dynamicTarget is a saved condition over contacts.
type dynamicTarget struct {
	ID          string        `json:"id"`
	Name        string        `json:"name"`
	Condition   conditionTree `json:"condition"`
	CreatedAt   *time.Time    `json:"createdAt,omitempty"`
	CreatedBy   string        `json:"createdBy,omitempty" doc:"The e-mail address at the time, or the key's name."`
	CreatedByID string        `json:"createdById,omitempty" doc:"The user's id in the pool, which never changes, or key: and the key's."`
	Counted     *counted      `json:"counted,omitempty" doc:"When its contacts were last counted; absent if never since the condition is as it is. The ETag does not tell of it."`
}

// counted is how many contacts a target had.
type counted struct {
	Contacts int       `json:"contacts"`
	Complete bool      `json:"complete" doc:"false when time ran out: then at least so many match."`
	At       time.Time `json:"at"`
}

func showTarget(t domain.Target) dynamicTarget {
	v := dynamicTarget{t.ID, t.Name, conditionTree(t.Condition), timeOf(t.CreatedAt), t.CreatedBy.Name(), t.CreatedBy.ID(), nil}
	if n := t.Counted; n != nil {
		v.Counted = &counted{n.Contacts, n.Complete, n.At.UTC()}
	}
	return v
}

// targetTag is the tag of what people write: a count is no change of a target.
func targetTag(t domain.Target) string {
	t.Counted = nil
	return tag(showTarget(t))
}

func answerTarget(t domain.Target) *targetAnswer {
	return &targetAnswer{ETag: targetTag(t), Body: showTarget(t)}
}

// brief is as much of a contact as recognises it.
type brief struct {
	Number    domain.ContactNumber `json:"number" example:"0012345"`
	Email     string               `json:"email,omitempty"`
	FirstName string               `json:"firstName,omitempty"`
	LastName  string               `json:"lastName,omitempty"`
}

type preview struct {
	Count    int       `json:"count" doc:"How many contacts match."`
	Sample   []brief   `json:"sample" doc:"The first 10 of them. Where a count goes on: those that were not told before."`
	Complete bool      `json:"complete" doc:"false when time ran out: then at least count match, and the count can go on."`
	At       time.Time `json:"at" doc:"When they were counted."`
	// NextCursor is that of a condition; a target's count is gone on with without one.
	NextCursor string `json:"nextCursor,omitempty" doc:"Of a condition: pass it as cursor, with the same condition, to go on counting; absent when all are counted."`
}

type previewBody struct {
	Condition conditionTree `json:"condition"`
	Cursor    string        `json:"cursor,omitempty" maxLength:"2000" doc:"nextCursor of an answer for the same condition that was not complete: the count goes on there and is of both."`
	Seconds   int           `json:"seconds,omitempty" minimum:"1" maximum:"20" default:"20" doc:"How long to count at most."`
}

type previewInput struct{ Body previewBody }

type countInput struct {
	IDPath
	More    bool `query:"more" doc:"Goes on where the target's last count ended for lack of time, if it did."`
	Seconds int  `query:"seconds" minimum:"1" maximum:"20" default:"20" doc:"How long to count at most."`
}

type previewAnswer struct{ Body preview }

// IDPath names a target, a template or an import.
type IDPath struct {
	ID string `path:"id" maxLength:"200" example:"019b8c5e-0000-7000-8000-000000000001"`
}

type targetInput struct {
	Once
	Body TargetBody
}

// targetChange is a target as it is replaced. What a GET shows can be sent back.
type targetChange struct {
	TargetBody
	ID          string `json:"id,omitempty" doc:"If it is there, that of the address."`
	CreatedAt   any    `json:"createdAt,omitempty" doc:"Ignored: it does not change."`
	CreatedBy   any    `json:"createdBy,omitempty" doc:"Ignored: it does not change."`
	CreatedByID any    `json:"createdById,omitempty" doc:"Ignored: it does not change."`
	Counted     any    `json:"counted,omitempty" doc:"Ignored: POST to {id}/count counts."`
}

type targetPut struct {
	IDPath
	Conditional
	Body targetChange
}

type targetDelete struct {
	IDPath
	Conditional
}

type targetAnswer struct {
	Location string `header:"Location" doc:"Of what was made."`
	ETag     string `header:"ETag"`
	Body     dynamicTarget
}

// targetBytes is the most that a request with a condition has.
const targetBytes = condition.MaxBytes + 16<<10

const previewSample = 10

func (s *server) targetRoutes() {
	const all, one = "/api/targets", "/api/targets/{id}"
	route(s, Viewer, huma.Operation{
		OperationID: "listTargets", Method: http.MethodGet, Path: all, Tags: []string{tagTargets},
		Summary: "List dynamic targets, by name", Errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, c Claims, in *Paging) (*listed[dynamicTarget], error) {
		return list(in.Limit, func(limit int) ([]domain.Target, string, error) {
			return s.Catalogue.Targets(ctx, c.Institution, limit, in.Cursor)
		}, showTarget)
	})
	route(s, Operator, huma.Operation{
		OperationID: "createTarget", Method: http.MethodPost, Path: all, Tags: []string{tagTargets},
		Summary: "Create a dynamic target", DefaultStatus: http.StatusCreated,
		Errors: []int{http.StatusConflict}, MaxBodyBytes: targetBytes,
	}, s.createTarget)
	route(s, Viewer, huma.Operation{
		OperationID: "previewTarget", Method: http.MethodPost, Path: all + "/preview", Tags: []string{tagTargets},
		Summary: "Count the contacts that a condition matches", MaxBodyBytes: targetBytes,
		Description: "One answer counts for 20 seconds at most. Where that is not enough for all contacts, the next one goes on.",
		Errors:      []int{http.StatusUnprocessableEntity},
	}, s.previewTarget)
	route(s, Viewer, huma.Operation{
		OperationID: "getTarget", Method: http.MethodGet, Path: one, Tags: []string{tagTargets},
		Summary: "Get a dynamic target", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, c Claims, in *IDPath) (*targetAnswer, error) {
		t, err := s.target(ctx, c, in.ID)
		return answerTarget(t), err
	})
	route(s, Viewer, huma.Operation{
		OperationID: "countTarget", Method: http.MethodPost, Path: one + "/count", Tags: []string{tagTargets},
		Summary: "Count the contacts of a dynamic target", Description: "As a preview, and the target shows the number from then on. With more=true the count of before goes on.", Errors: []int{http.StatusNotFound},
	}, s.countTarget)
	route(s, Operator, huma.Operation{
		OperationID: "putTarget", Method: http.MethodPut, Path: one, Tags: []string{tagTargets},
		Summary: "Replace a dynamic target", Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed}, MaxBodyBytes: targetBytes,
	}, s.putTarget)
	route(s, Operator, huma.Operation{
		OperationID: "deleteTarget", Method: http.MethodDelete, Path: one, Tags: []string{tagTargets},
		Summary: "Delete a dynamic target", Description: "Refused while a template is being made of it.",
		Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed},
	}, func(ctx context.Context, c Claims, in *targetDelete) (*struct{}, error) {
		t, err := s.target(ctx, c, in.ID)
		if err == nil {
			err = in.checkTag(targetTag(t))
		}
		if err != nil {
			return nil, err
		}
		return nil, s.deleteTarget(ctx, c, in.ID)
	})
}

func (s *server) target(ctx context.Context, c Claims, id string) (domain.Target, error) {
	if !safeID(id) {
		return domain.Target{}, fault.Missing()
	}
	return s.Catalogue.Target(ctx, c.Institution, id)
}

// goal returns the target that a request names as its targetId, with its condition.
// What is wrong with it is among the faults.
func (s *server) goal(ctx context.Context, c Claims, id string, cat *domain.Catalogue, f *faults) (domain.Target, *condition.Condition, error) {
	t, err := s.target(ctx, c, id)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		f.add("body.targetId", "invalid.noTarget")
		return t, nil, nil
	}
	if err != nil {
		return t, nil, err
	}
	cond, err := condition.Parse(t.Condition, cat, s.Now())
	if err != nil {
		f.add("body.targetId", "targetInvalid")
	}
	return t, cond, nil
}

// checkTarget reads a target's name and condition.
func (s *server) checkTarget(ctx context.Context, c Claims, b TargetBody) (name string, tree []byte, err error) {
	var f faults
	name = f.text("body.name", b.Name, 1, domain.MaxName)
	cond, err := s.parse(ctx, c, b.Condition)
	if err != nil {
		wrong, ok := fault.As(err)
		if !ok || len(wrong.Fields) == 0 {
			return "", nil, err
		}
		f = append(f, wrong.Fields...)
		if len(f) == len(wrong.Fields) {
			return "", nil, err
		}
	}
	if err := f.err(); err != nil {
		return "", nil, err
	}
	return name, cond.JSON(), nil
}

// parse reads a condition; its faults are located in the body.
func (s *server) parse(ctx context.Context, c Claims, tree conditionTree) (*condition.Condition, error) {
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	cond, err := condition.Parse(tree, cat, s.Now())
	if f, ok := fault.As(err); ok {
		for i := range f.Fields {
			f.Fields[i].Location = "body." + f.Fields[i].Location
		}
	}
	return cond, err
}

func (s *server) createTarget(ctx context.Context, c Claims, in *targetInput) (*targetAnswer, error) {
	name, tree, err := s.checkTarget(ctx, c, in.Body)
	if err != nil {
		return nil, err
	}
	t := domain.Target{ID: s.NewID(), Name: name, Condition: tree, CreatedAt: s.Now(), CreatedBy: c.who(), Request: in.Once.of("target", in.Body).Digest}
	if in.Key != "" {
		// The same key gives the same id, so a repetition meets what it made.
		h := sha256.Sum256([]byte(string(c.Institution) + "\n" + in.Key))
		x := hex.EncodeToString(h[:16])
		t.ID = x[:8] + "-" + x[8:12] + "-8" + x[13:16] + "-8" + x[17:20] + "-" + x[20:]
	}
	noted(ctx, "/api/targets/"+t.ID, "")
	err = s.Catalogue.PutTarget(ctx, c.Institution, t)
	if in.Key != "" && err != nil && fault.KindOf(err) == fault.Conflict {
		made, err := s.Catalogue.Target(ctx, c.Institution, t.ID)
		if err != nil {
			return nil, err
		}
		if made.Request != t.Request {
			return nil, fault.New(fault.Conflict, "idempotencyKeyReused")
		}
		t = made
	} else if err != nil {
		return nil, err
	}
	return &targetAnswer{"/api/targets/" + t.ID, targetTag(t), showTarget(t)}, nil
}

func (s *server) putTarget(ctx context.Context, c Claims, in *targetPut) (*targetAnswer, error) {
	if _, err := s.target(ctx, c, in.ID); err != nil {
		return nil, err
	}
	if in.Body.ID != "" && in.Body.ID != in.ID {
		return nil, fault.At("body.id", "invalid.otherId")
	}
	name, tree, err := s.checkTarget(ctx, c, in.Body.TargetBody)
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		t, err := s.target(ctx, c, in.ID)
		if err != nil {
			return nil, err
		}
		if err := in.checkTag(targetTag(t)); err != nil {
			return nil, err
		}
		if !bytes.Equal(t.Condition, tree) {
			t.Counted = nil
		}
		t.Name, t.Condition = name, tree
		err = s.Catalogue.PutTarget(ctx, c.Institution, t)
		if err != nil && fault.KindOf(err) == fault.Conflict && try < races {
			continue
		}
		return answerTarget(t), err
	}
}

// deleteTarget refuses while one of the newest templates is being made of the
// target.
func (s *server) deleteTarget(ctx context.Context, c Claims, id string) error {
	newest, _, err := s.Jobs.Templates(ctx, c.Institution, 50, "")
	if err != nil {
		return err
	}
	for _, t := range newest {
		if t.TargetID == id && t.Status == domain.Preparing {
			return fault.New(fault.Conflict, "inUse.target")
		}
	}
	return s.Catalogue.DeleteTarget(ctx, c.Institution, id)
}

func (s *server) previewTarget(ctx context.Context, c Claims, in *previewInput) (*previewAnswer, error) {
	cond, err := s.parse(ctx, c, in.Body.Condition)
	if err != nil {
		return nil, err
	}
	from, err := partOf(in.Body.Cursor, cond)
	if err != nil {
		return nil, err
	}
	p, to, err := s.preview(ctx, c, cond, from, in.Body.Seconds)
	if err != nil {
		return nil, err
	}
	if !p.Complete {
		p.NextCursor = to.cursor(cond)
	}
	return &previewAnswer{p}, nil
}

// countedPart is how far a count came: so many match of those that are not after.
type countedPart struct {
	Count int                  `json:"n"`
	After domain.ContactNumber `json:"after"`
	Of    string               `json:"of"` // the condition's digest
}

func digestOf(cond *condition.Condition) string {
	h := sha256.Sum256(cond.JSON())
	return hex.EncodeToString(h[:8])
}

func (p countedPart) cursor(cond *condition.Condition) string {
	p.Of = digestOf(cond)
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // plain data
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// partOf reads a cursor, which must be of the condition.
func partOf(cursor string, cond *condition.Condition) (p countedPart, err error) {
	if cursor == "" {
		return p, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.Of != digestOf(cond) || p.Count < 0 || p.After != "" && !p.After.Valid() {
		return countedPart{}, fault.At("body.cursor", "cursorInvalid")
	}
	return p, nil
}

// preview counts the contacts that a condition matches, with the first of them. It
// goes on from a part and tells how far it came.
func (s *server) preview(ctx context.Context, c Claims, cond *condition.Condition, from countedPart, seconds int) (preview, countedPart, error) {
	out := preview{Sample: []brief{}, At: s.Now().UTC()}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return out, from, err
	}
	release, err := s.hold(ctx, c, cat.Settings, previews, s.PreviewFor+10*time.Second)
	if err != nil {
		return out, from, err
	}
	defer release()
	of := domain.Part{After: from.After, Fields: append(cond.Fields(), domain.ContactEmail, domain.ContactFirstName, domain.ContactLastName)}
	n, last, complete, err := s.count(ctx, func(ctx context.Context) iter.Seq2[domain.Contact, error] {
		return s.Contacts.Values(ctx, c.Institution, of)
	}, time.Duration(seconds)*time.Second, func(contact domain.Contact) bool {
		if !cond.Match(contact) {
			return false
		}
		if from.Count+len(out.Sample) < previewSample {
			out.Sample = append(out.Sample, brief{contact.Number, contact.Email(),
				string(contact.Get(domain.ContactFirstName)), string(contact.Get(domain.ContactLastName))})
		}
		return true
	})
	if err != nil {
		return out, from, err
	}
	out.Count, out.Complete = from.Count+n, complete
	return out, countedPart{Count: out.Count, After: max(from.After, last)}, look{s, c, cat.Settings, previewSample}.at(ctx, len(out.Sample))
}

// countTarget previews a target and keeps the number with it, unless its condition
// has changed meanwhile.
func (s *server) countTarget(ctx context.Context, c Claims, in *countInput) (*previewAnswer, error) {
	of, err := s.target(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	cond, err := s.parse(ctx, c, conditionTree(of.Condition))
	if err != nil {
		return nil, err
	}
	var from countedPart
	if k := of.Counted; in.More && k != nil && !k.Complete && k.After != "" {
		from.Count, from.After = k.Contacts, k.After
	}
	p, to, err := s.preview(ctx, c, cond, from, in.Seconds)
	if err != nil {
		return nil, err
	}
	out := &previewAnswer{p}
	for try := 0; ; try++ {
		t, err := s.target(ctx, c, in.ID)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(t.Condition, of.Condition) {
			return out, nil
		}
		t.Counted = &domain.Counted{Contacts: p.Count, Complete: p.Complete, At: p.At}
		if !p.Complete {
			t.Counted.After = to.After
		}
		err = s.Catalogue.PutTarget(ctx, c.Institution, t)
		if err != nil && fault.KindOf(err) == fault.Conflict && try < races {
			continue
		}
		return out, err
	}
}

// count counts the contacts that match of those that read yields, as far as it comes
// in the time of a preview, or in less. last is the last one that it looked at.
func (s *server) count(ctx context.Context, read func(context.Context) iter.Seq2[domain.Contact, error], within time.Duration, match func(domain.Contact) bool) (n int, last domain.ContactNumber, complete bool, err error) {
	if within <= 0 || within > s.PreviewFor {
		within = s.PreviewFor
	}
	// The context ends a slow read; the clock ends a long count.
	ends := s.Now().Add(within)
	timed, stop := context.WithTimeout(ctx, within)
	defer stop()
	seen := 0
	for contact, err := range read(timed) {
		if err != nil {
			if ctx.Err() == nil && errors.Is(timed.Err(), context.DeadlineExceeded) {
				return n, last, false, nil
			}
			return n, last, false, err
		}
		if seen++; seen%256 == 0 && s.Now().After(ends) {
			return n, last, false, nil
		}
		if match(contact) {
			n++
		}
		last = contact.Number
	}
	return n, last, true, nil
}
