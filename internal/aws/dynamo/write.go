package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"rollbook/internal/aws/awsfault"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// The service's limits for PartiQL: statements in a batch, bytes in one.
const (
	maxStatements = 25
	maxStatement  = 8192
)

// Write does conditional writes and answers in the same order: 25 conditional
// UPDATE statements in a request, which takes a tenth of the client's time of a
// request for each (docs/performance.md). A write of a name or an
// e-mail address, or one too wide for a statement, is a read and a transaction.
func (s *Contacts) Write(ctx context.Context, in domain.InstitutionID, ws []domain.Write) ([]domain.Written, error) {
	out := make([]domain.Written, len(ws))
	var batch []statement
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, s.Concurrency))
	flush := func() {
		b := batch
		batch = nil
		g.Go(func() error {
			return s.execute(gctx, b, func(at int, e *types.BatchStatementError) bool { return read(e, &out[at]) },
				func(at int, err error) { out[at] = domain.Written{Err: err} })
		})
	}
	for i, w := range ws {
		if w.Applied.Import == "" {
			out[i].Err = fault.New(fault.Internal, "markMissing", "")
			continue
		}
		st, err := s.update(in, w)
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
		if batch = append(batch, statement{i, st}); len(batch) == maxStatements {
			flush()
		}
	}
	if len(batch) > 0 {
		flush()
	}
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

// statement is one write's PartiQL with its place in the answer.
type statement struct {
	at int
	st types.BatchStatementRequest
}

// update returns the conditional statement of one write. The mark's import is
// compared, not its line: an import changes a contact once.
func (s *Contacts) update(in domain.InstitutionID, w domain.Write) (types.BatchStatementRequest, error) {
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
	add(nil, `UPDATE "`, s.contacts, `" SET "mark"=? SET "before"=?`)
	params = append(params, str(mark(w.Applied)), beforeMap(w.Applied))
	prov := str(provenance(w.Provenance))
	set := slices.Sorted(maps.Keys(w.Set)) // the same fields make the same statement
	for _, f := range set {
		if _, _, ok := path(f); !ok {
			return types.BatchStatementRequest{}, errField
		}
		if v := w.Set[f]; v != domain.Empty {
			add(str(string(v)), " SET ", column(f), "=?")
			if hasProvenance(f) {
				add(prov, ` SET "prov"."`, f.Code(), `"=?`)
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
	add(str(w.Applied.Import+":"), ` AND NOT begins_with("mark",?)`)
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

// execute runs the statements of one request, those that the service put off
// again and again. known is told the service's answer to each and whether it is
// one: if not, the statement is run again; failed is told of those that were
// tried often enough.
func (s *Contacts) execute(ctx context.Context, pending []statement, known func(at int, e *types.BatchStatementError) bool, failed func(at int, err error)) error {
	for attempt := 1; ; attempt++ {
		requests := make([]types.BatchStatementRequest, len(pending))
		for i, p := range pending {
			requests[i] = p.st
		}
		answer, err := s.client.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: requests})
		if err == nil && len(answer.Responses) != len(pending) {
			return fault.Wrap(fault.Internal, "aws", errors.New("DynamoDB BatchExecuteStatement: not an answer for each statement"))
		}
		if err != nil && !awsfault.Busy(err) {
			return awsfault.Of(err)
		}
		if err == nil {
			var again []statement
			for i, p := range pending {
				if !known(p.at, answer.Responses[i].Error) {
					again = append(again, p)
				}
			}
			if pending = again; len(pending) == 0 {
				return nil
			}
			err = errBusy
		}
		if err := ctx.Err(); err != nil {
			return awsfault.Of(err)
		}
		if attempt == attempts {
			for _, p := range pending {
				failed(p.at, awsfault.Of(err))
			}
			return nil
		}
		if err := s.Wait(ctx, attempt); err != nil {
			return awsfault.Of(err)
		}
	}
}

var errBusy = fault.Wrap(fault.Busy, "busy", errors.New("DynamoDB BatchExecuteStatement: statements put off"))

// read fills in the answer to one conditional update and tells whether there is
// one; otherwise it must be run again.
func read(e *types.BatchStatementError, w *domain.Written) bool {
	switch {
	case e == nil:
		*w = domain.Written{Done: true}
	case e.Code == types.BatchStatementErrorCodeEnumConditionalCheckFailed:
		*w = domain.Written{Live: liveContact(e.Item)}
	case putOff(e):
		return false
	default:
		*w = domain.Written{Err: statementError(e)}
	}
	return true
}

// liveContact returns the contact in an item, nil if there is none.
func liveContact(it item) *domain.Contact {
	if len(it) == 0 || isGone(it) {
		return nil
	}
	c := readContact(it)
	return &c
}

// putOff tells whether a statement may succeed when it is run again.
func putOff(e *types.BatchStatementError) bool {
	switch e.Code {
	case types.BatchStatementErrorCodeEnumThrottlingError, types.BatchStatementErrorCodeEnumProvisionedThroughputExceeded,
		types.BatchStatementErrorCodeEnumRequestLimitExceeded, types.BatchStatementErrorCodeEnumInternalServerError,
		types.BatchStatementErrorCodeEnumTransactionConflict:
		return true
	}
	return false
}

func statementError(e *types.BatchStatementError) error {
	if e.Code == types.BatchStatementErrorCodeEnumValidationError && strings.Contains(aws.ToString(e.Message), "Item size") {
		return tooLarge()
	}
	return fault.Wrap(fault.Internal, "aws", errors.New("DynamoDB BatchExecuteStatement: "+string(e.Code)))
}

// replace does one write by reading the contact and replacing it with its
// look-ups in one transaction.
func (s *Contacts) replace(ctx context.Context, in domain.InstitutionID, w domain.Write) (domain.Written, error) {
	errAnswer := errors.New("the answer is known")
	var answer domain.Written
	err := s.change(ctx, in, w.Number, func(stored *domain.Contact) (*domain.Contact, []domain.HistoryEntry, error) {
		if stored == nil {
			return nil, nil, errAnswer
		}
		if !fits(*stored, w) {
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
				next.Provenance[f] = w.Provenance
			}
		}
		next.Applied = w.Applied
		return &next, nil, nil
	})
	switch {
	case err == nil:
		return domain.Written{Done: true}, nil
	case err == errAnswer || err == errGone:
		return answer, nil
	case ctx.Err() != nil:
		return domain.Written{}, err
	case fault.KindOf(err) == fault.Conflict: // others kept writing: not this write's fault
		return domain.Written{Err: fault.Wrap(fault.Busy, "busy", err)}, nil
	default:
		return domain.Written{Err: err}, nil
	}
}

// fits tells whether the write may be done to the contact as it stands.
func fits(c domain.Contact, w domain.Write) bool {
	if c.Applied.Import == w.Applied.Import {
		return false
	}
	for f, v := range w.If {
		if c.Fields[f] != v {
			return false
		}
	}
	return true
}

// insertStatement returns the statement that makes an item, if there is none
// with its key.
func insertStatement(table string, it item) types.BatchStatementRequest {
	names := slices.Sorted(maps.Keys(it))
	params := make([]types.AttributeValue, len(names))
	var b strings.Builder
	b.WriteString(`INSERT INTO "` + table + `" VALUE {`)
	for i, name := range names {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("'" + name + "':?")
		params[i] = it[name]
	}
	b.WriteString("}")
	return types.BatchStatementRequest{Statement: aws.String(b.String()), Parameters: params}
}
