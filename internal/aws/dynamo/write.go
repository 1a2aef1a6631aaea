package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Write does conditional writes and answers in the same order: 25 conditional
// UPDATE statements in a request, which takes a tenth of the client's time of a
// request for each (docs/performance.md). A write of a name or an
// e-mail address, or one too wide for a statement, is a read and a transaction.
func (s *Contacts) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	out := make([]domain.Written, len(ws))
	var all []statement
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.limit(1))
	for i, w := range ws {
		if w.Ticket.None() {
			out[i].Err = fault.New(fault.Internal, "noTicket")
			continue
		}
		st, err := s.statement(in, w)
		if err != nil {
			out[i].Err = err
			continue
		}
		if changesLookups(w) || len(*st.Statement) > maxStatement {
			g.Go(func() (err error) {
				out[i], err = s.replace(gctx, in, w)
				return err
			})
			continue
		}
		all = append(all, statement{at: i, st: st})
	}
	g.Go(func() error {
		return s.execute(gctx, all, func(at int, a answer) { out[at] = written(a, ws[at].Ticket) })
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

func changesLookups(w domain.Write) bool {
	for f := range w.Set {
		if f == domain.ContactEmail || f == domain.ContactLastName || f == domain.ContactFirstName {
			return true
		}
	}
	return false
}

// statement returns the conditional statement of one write. What a round decided
// about a contact is compared by its order, not by its line: it decides once.
func (s *Contacts) statement(in domain.InstitutionID, w domain.Write) (types.BatchStatementRequest, error) {
	var b strings.Builder
	var params []types.AttributeValue
	add := func(v types.AttributeValue, parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
		if v != nil {
			params = append(params, v)
		}
	}
	slot, order := `"`+stampAttribute(w.Ticket.Slot)+`"`, str(string(w.Ticket.Order))
	add(order, `UPDATE "`, s.people.name, `" SET "mark"=?`)
	add(str(stampText(stampOf(w.Applied, w.Ticket, writtenKind(w)))), ` SET `, slot, `=?`)
	set := slices.Sorted(maps.Keys(w.Set)) // the same fields make the same statement
	for _, f := range set {
		if _, _, ok := path(f); !ok {
			return types.BatchStatementRequest{}, errField
		}
		if v := w.Set[f]; v != domain.Empty {
			add(str(string(v)), " SET ", column(f), "=?")
			if hasProvenance(f) {
				add(str(provenance(w.ProvenanceOf(f))), ` SET "prov"."`, f.Code(), `"=?`)
			}
		}
	}
	for _, f := range set {
		if w.Set[f] == domain.Empty {
			add(nil, " REMOVE ", column(f))
			if hasProvenance(f) {
				add(nil, ` REMOVE "prov"."`, f.Code(), `"`)
			}
		}
	}
	key := contactKey(in, w.Number)
	add(key["pk"], ` WHERE "pk"=?`)
	add(key["sk"], ` AND "sk"=?`)
	// What stays of a deleted contact must not come to life.
	add(nil, ` AND "gone" IS MISSING`)
	// Missing, or of an order before: what is missing compares as false. (The
	// emulator does not find the key beside an OR.)
	add(order, ` AND "hold" IS MISSING AND NOT `, slot, `>=?`)
	for _, f := range slices.Sorted(maps.Keys(w.If)) {
		if _, _, ok := path(f); !ok {
			return types.BatchStatementRequest{}, errField
		}
		if v := w.If[f]; v == domain.Empty {
			add(nil, " AND ", column(f), " IS MISSING")
		} else {
			add(str(string(v)), " AND ", column(f), "=?")
		}
	}
	return types.BatchStatementRequest{Statement: aws.String(b.String()), Parameters: params,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}, nil
}

// column quotes where a field lies. Codes and names hold no quotes: path has
// looked at them.
func column(f domain.Field) string {
	inMap, name, _ := path(f)
	if inMap == "" {
		return `"` + name + `"`
	}
	return `"` + inMap + `"."` + name + `"`
}

// written is the answer to one conditional update by the ticket.
func written(a answer, t domain.Ticket) domain.Written {
	if a.condition() {
		return refused(a.refused.Item, t, a.doubt)
	}
	err := a.fault()
	return domain.Written{Done: err == nil, Doubt: a.doubt, Err: err}
}

// refused says why a write by the ticket was: by what is decided, or by the
// contact as it stands.
func refused(it item, t domain.Ticket, doubt bool) domain.Written {
	own, later := decided(it, t)
	if own != nil || later {
		return domain.Written{Own: own, Later: later, Doubt: doubt}
	}
	return domain.Written{Live: liveContact(it), Doubt: doubt}
}

// liveContact returns the contact in an item, nil if there is none.
func liveContact(it item) *domain.Contact {
	if len(it) == 0 || isGone(it) || isHold(it) {
		return nil
	}
	c := readContact(it)
	return &c
}

// replace does one write by reading the contact and replacing it with its
// look-ups in one transaction.
func (s *Contacts) replace(ctx context.Context, in domain.InstitutionID, w domain.Write) (domain.Written, error) {
	errAnswer := errors.New("the answer is known")
	var answer domain.Written
	doubt, err := s.change(ctx, in, w.Number, false, func(stored *domain.Contact) (*domain.Contact, []domain.HistoryEntry, error) {
		if stored == nil {
			return nil, nil, errAnswer
		}
		own, decided := w.Ticket.Own(stored.Stamps)
		switch {
		case decided:
			answer.Own = &own
			return nil, nil, errAnswer
		case w.Ticket.Later(stored.Stamps):
			answer.Later = true
			return nil, nil, errAnswer
		case !holds(*stored, w.If):
			answer.Live = stored
			return nil, nil, errAnswer
		}
		next := *stored
		next.Fields, next.Provenance = maps.Clone(stored.Fields), maps.Clone(stored.Provenance)
		for f, v := range w.Set {
			delete(next.Provenance, f)
			delete(next.Fields, f)
			if v == domain.Empty {
				continue
			}
			next.Fields[f] = v
			if hasProvenance(f) {
				next.Provenance[f] = w.ProvenanceOf(f)
			}
		}
		stamp(&next, w.Ticket, stampOf(w.Applied, w.Ticket, writtenKind(w)))
		return &next, nil, nil
	})
	answer.Doubt = doubt
	gone, isGone := errors.AsType[errGone](err)
	switch {
	case err == nil:
		return domain.Written{Done: true, Doubt: doubt}, nil
	case isGone:
		return refused(gone.remains, w.Ticket, doubt), nil
	case err == errAnswer:
		return answer, nil
	case ctx.Err() != nil:
		return domain.Written{}, err
	case fault.KindOf(err) == fault.Conflict: // others kept writing: not this write's fault
		return domain.Written{Doubt: doubt, Err: fault.Wrap(fault.Busy, "busy", err)}, nil
	default:
		return domain.Written{Doubt: doubt, Err: err}, nil
	}
}

// holds reports whether the contact has all these values.
func holds(c domain.Contact, values map[domain.Field]domain.Value) bool {
	for f, v := range values {
		if c.Fields[f] != v {
			return false
		}
	}
	return true
}
