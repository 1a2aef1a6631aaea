package dynamo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/text"
)

const (
	// onceFor is how long an idempotency key is remembered.
	onceFor = 24 * time.Hour
	// progressFor is longer than an execution may take.
	progressFor = 7 * 24 * time.Hour
)

// Jobs keeps imports and templates. What the TTL says has expired is gone, also
// before the service removes it.
type Jobs struct {
	table   table
	secrets *secrets
}

// NewJobs returns the store in the table with the name.
func NewJobs(db *DB, name string) *Jobs {
	t := table{DB: db, name: name}
	return &Jobs{t, newSecrets(t, people{})}
}

func importsKey(in domain.InstitutionID) string   { return string(in) + "#imports" }
func reportsKey(in domain.InstitutionID) string   { return string(in) + "#reports" }
func templatesKey(in domain.InstitutionID) string { return string(in) + "#templates" }
func progressKey(in domain.InstitutionID, id string) string {
	return string(in) + "#import#" + id
}

// gone is the condition that there is no item, or one that has expired; alive
// is its contrary. They need jobNames and :now.
const (
	gone  = "(attribute_not_exists(pk) OR #ttl <= :now)"
	alive = "attribute_exists(pk) AND (attribute_not_exists(#ttl) OR #ttl > :now)"
)

func (s *Jobs) nowSeconds() types.AttributeValue { return num(s.table.Now().Unix()) }

// importItem keeps as attributes what conditions look at or what changes apart
// from the document. The report is kept apart.
func importItem(imp domain.Import) (item, error) {
	imp.Report = domain.Report{}
	doc, err := marshal(imp)
	if err != nil {
		return nil, err
	}
	it := keys(importsKey(imp.Institution), imp.ID)
	it["doc"], it["v"], it["report"] = doc, num(int64(imp.Version)), num(int64(imp.Reported))
	it["updatedBy"], it["undoneBy"] = str(imp.UpdatedBy), str(imp.UndoneBy)
	expires(it, imp.ExpiresAt)
	open(it, domain.ImportJob, imp.Open(), imp.CreatedAt)
	ended(it, domain.ImportJob, imp.FinishedAt, imp.Status.Final())
	if imp.Round > 0 && !imp.Status.Final() {
		it["resuming"] = str(string(imp.Status))
	}
	return it, nil
}

// readImport returns the import without its report.
func readImport(it item) (imp domain.Import, err error) {
	err = unmarshal(it, &imp)
	imp.Version, imp.Reported = int(number(it["v"])), int(number(it["report"]))
	imp.UpdatedBy, imp.UndoneBy = stringOf(it["updatedBy"]), stringOf(it["undoneBy"])
	return imp, err
}

func templateItem(t domain.Template) (item, error) {
	doc, err := marshal(t)
	if err != nil {
		return nil, err
	}
	it := keys(templatesKey(t.Institution), t.ID)
	it["doc"], it["v"] = doc, num(int64(t.Version))
	expires(it, t.ExpiresAt)
	open(it, domain.TemplateJob, t.Open(), t.CreatedAt)
	ended(it, domain.TemplateJob, t.FinishedAt, t.Status != domain.Preparing)
	return it, nil
}

func readTemplate(it item) (t domain.Template, err error) {
	err = unmarshal(it, &t)
	t.Version = int(number(it["v"]))
	return t, err
}

// open enters a job that is at no end in the index of those, by its kind and
// since when it is there. Who writes the item without takes it out.
func open(it item, kind domain.JobKind, is bool, since time.Time) {
	if is {
		it["open"], it["since"] = str(string(kind)), num(since.Unix())
	}
}

// OpenIndex is the jobs table's index of open jobs: its keys are open and since.
const OpenIndex = "open"

// OpenImports yields the imports of all institutions that were made before the
// time and are open, oldest first, without reports. What changed in the last second may be
// missing or be there with its end.
func (s *Jobs) OpenImports(ctx context.Context, before time.Time) iter.Seq2[domain.Import, error] {
	return opened(ctx, s, domain.ImportJob, before, readImport)
}

// OpenTemplates does so for templates.
func (s *Jobs) OpenTemplates(ctx context.Context, before time.Time) iter.Seq2[domain.Template, error] {
	return opened(ctx, s, domain.TemplateJob, before, readTemplate)
}

func opened[T any](ctx context.Context, s *Jobs, kind domain.JobKind, before time.Time, read func(item) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for entry, err := range s.table.items(ctx, dynamodb.QueryInput{IndexName: aws.String(OpenIndex),
			KeyConditionExpression:    aws.String("#open = :kind AND since < :before"),
			ExpressionAttributeNames:  map[string]string{"#open": "open"},
			ExpressionAttributeValues: item{":kind": str(string(kind)), ":before": num(before.Unix())}}) {
			v := none
			if err == nil {
				var it item
				it, err = s.get(ctx, item{"pk": entry["pk"], "sk": entry["sk"]})
				if err != nil && fault.KindOf(err) == fault.NotFound {
					continue // it expired
				}
				if err == nil {
					v, err = read(it)
				}
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// returnedKey holds no address, only what whoever has the institution's key can
// recognise it by.
func (s *Jobs) returnedKey(ctx context.Context, in domain.InstitutionID, email string) (item, error) {
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return nil, err
	}
	return keys(string(in)+"#returned", sec.hidden("returned", text.NormaliseEmail(email))), nil
}

// NoteReturned remembers for half a year that a mail to the address came back.
func (s *Jobs) NoteReturned(ctx context.Context, in domain.InstitutionID, email string) error {
	it, err := s.returnedKey(ctx, in, email)
	if err != nil {
		return err
	}
	expires(it, s.table.Now().Add(domain.ReturnedLife))
	return s.table.put(ctx, it)
}

// Returned tells whether a mail to the address came back.
func (s *Jobs) Returned(ctx context.Context, in domain.InstitutionID, email string) (bool, error) {
	key, err := s.returnedKey(ctx, in, email)
	if err != nil {
		return false, err
	}
	_, err = s.get(ctx, key)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return false, nil
	}
	return err == nil, err
}

// CreateImport stores a new import, or returns what the same key made before.
func (s *Jobs) CreateImport(ctx context.Context, imp domain.Import, once domain.Once, replaces string) (domain.Import, bool, error) {
	imp.Version, imp.Reported = 1, 0
	if !imp.Report.None() {
		imp.Reported = 1
	}
	it, err := importItem(imp)
	if err != nil {
		return domain.Import{}, false, err
	}
	var follow *types.Update
	holds := map[string]string{"update": "updatedBy", "undo": "undoneBy"}[imp.OfKind]
	if imp.Of != "" && imp.Action != domain.Test { // a test takes nobody's place
		if holds == "" {
			return domain.Import{}, false, fault.New(fault.Internal, "ofKindUnknown")
		}
		follow = &types.Update{TableName: &s.table.name, Key: keys(importsKey(imp.Institution), imp.Of),
			UpdateExpression:          aws.String("SET #by = :id ADD #v :one"),
			ConditionExpression:       aws.String(alive + " AND #by = :replaces AND attribute_not_exists(resuming)"),
			ExpressionAttributeNames:  map[string]string{"#by": holds, "#v": "v", "#ttl": "ttl"},
			ExpressionAttributeValues: item{":id": str(imp.ID), ":one": num(1), ":replaces": str(replaces), ":now": s.nowSeconds()},

			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	}
	report, err := s.reportPuts(imp)
	if err != nil {
		return domain.Import{}, false, err
	}
	earlier, of, err := s.create(ctx, it, onceKey(imp.Institution, "import", once), once, follow, report...)
	switch {
	case err != nil:
		return domain.Import{}, false, err
	case earlier != "":
		imp, err = s.Import(ctx, imp.Institution, earlier)
		return imp, false, err
	case of != nil && of["resuming"] != nil && stringOf(of[holds]) == replaces:
		return domain.Import{}, false, fault.New(fault.Conflict, "notDone.update", domain.Status(stringOf(of["resuming"])))
	case of != nil:
		e := fault.New(fault.Conflict, "alreadyDone")
		e.ID = stringOf(of[holds])
		return domain.Import{}, false, e
	}
	imp, err = importRead(it, imp.Report)
	return imp, true, err
}

func onceKey(in domain.InstitutionID, kind string, once domain.Once) item {
	return keys(string(in)+"#once", kind+"#"+once.Key)
}

// create puts a job, remembers its idempotency key and does follow and more, all or
// nothing. It returns the id of the job that the key made before, or the item
// that did not fit follow's condition.
func (s *Jobs) create(ctx context.Context, job item, key item, once domain.Once, follow *types.Update, more ...types.TransactWriteItem) (earlier string, of item, err error) {
	put := func(it item) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: &s.table.name, Item: it, ConditionExpression: aws.String(gone),
			ExpressionAttributeNames:            map[string]string{"#ttl": "ttl"},
			ExpressionAttributeValues:           item{":now": s.nowSeconds()},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}}
	}
	items := []types.TransactWriteItem{put(job)}
	onceAt, followAt := -1, -1
	if once.Key != "" {
		onceAt = len(items)
		key["id"], key["digest"] = job["sk"], str(once.Digest)
		expires(key, s.table.Now().Add(onceFor))
		items = append(items, put(key))
	}
	if follow != nil {
		followAt = len(items)
		items = append(items, types.TransactWriteItem{Update: follow})
	}
	err = s.table.transact(ctx, append(items, more...)...)
	raced, ok := errors.AsType[errRaced](err)
	if !ok {
		return "", nil, err
	}
	if onceAt >= 0 {
		if it, failed := raced.failed(onceAt); failed {
			if stringOf(it["digest"]) != once.Digest {
				return "", nil, fault.New(fault.Conflict, "idempotencyKeyReused")
			}
			return stringOf(it["id"]), nil, nil
		}
	}
	if _, failed := raced.failed(0); failed {
		e := fault.New(fault.Conflict, "exists")
		e.ID = stringOf(job["sk"])
		return "", nil, e
	}
	it, _ := raced.failed(followAt)
	if it == nil || s.expired(it) {
		return "", nil, fault.Missing()
	}
	return "", it, nil
}

func (s *Jobs) expired(it item) bool {
	ttl, ok := it["ttl"]
	return ok && number(ttl) <= s.table.Now().Unix()
}

// get returns an item that has not expired, or kind NotFound.
func (s *Jobs) get(ctx context.Context, key item) (item, error) {
	it, err := s.table.get(ctx, key)
	if err != nil {
		return nil, err
	}
	if it == nil || s.expired(it) {
		return nil, fault.Missing()
	}
	return it, nil
}

// change reads an item, lets f make its successor and writes that and more if nobody
// wrote in between, again and again.
func (s *Jobs) change(ctx context.Context, key item, f func(stored item) (next item, more []types.TransactWriteItem, err error)) (item, error) {
	for tries := s.table.Retry.start(); ; {
		stored, err := s.get(ctx, key)
		if err != nil {
			return nil, err
		}
		next, more, err := f(stored)
		if err != nil {
			return nil, err
		}
		err = s.table.transact(ctx, append([]types.TransactWriteItem{{Put: &types.Put{TableName: &s.table.name, Item: next,
			ConditionExpression:       aws.String("#v = :v"),
			ExpressionAttributeNames:  map[string]string{"#v": "v"},
			ExpressionAttributeValues: item{":v": stored["v"]}}}}, more...)...)
		if _, ok := errors.AsType[errRaced](err); !ok {
			return next, err
		}
		if err := tries.again(ctx, errContended); err != nil {
			return nil, err
		}
	}
}

// BriefImport returns one import without its report, or kind NotFound.
func (s *Jobs) BriefImport(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error) {
	it, err := s.get(ctx, keys(importsKey(in), id))
	if err != nil {
		return domain.Import{}, err
	}
	return readImport(it)
}

// Import returns one import, or kind NotFound.
func (s *Jobs) Import(ctx context.Context, in domain.InstitutionID, id string) (domain.Import, error) {
	it, err := s.get(ctx, keys(importsKey(in), id))
	if err != nil {
		return domain.Import{}, err
	}
	return s.whole(ctx, it)
}

// ChangeImport applies f to the import and keeps the result. The report is written
// again only if f changed it.
func (s *Jobs) ChangeImport(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Import) error) (domain.Import, error) {
	var imp domain.Import
	it, err := s.change(ctx, keys(importsKey(in), id), func(stored item) (it item, report []types.TransactWriteItem, err error) {
		if imp, err = s.whole(ctx, stored); err != nil {
			return nil, nil, err
		}
		version, reported, ends := imp.Version, imp.Reported, imp.ExpiresAt
		before, err := json.Marshal(imp.Report)
		if err != nil {
			return nil, nil, fault.Wrap(fault.Internal, "docWritten", err)
		}
		if err := f(&imp); err != nil {
			return nil, nil, err
		}
		after, err := json.Marshal(imp.Report)
		if err != nil {
			return nil, nil, fault.Wrap(fault.Internal, "docWritten", err)
		}
		imp.Institution, imp.ID, imp.Version, imp.Reported = in, id, version+1, reported
		_, apart := stored["report"]
		if !bytes.Equal(before, after) || !imp.Report.None() && (!apart || !ends.Equal(imp.ExpiresAt)) {
			imp.Reported = imp.Version
			if report, err = s.reportPuts(imp); err != nil {
				return nil, nil, err
			}
		}
		it, err = importItem(imp)
		return it, report, err
	})
	if err != nil {
		return domain.Import{}, err
	}
	return importRead(it, imp.Report)
}

// Imports lists newest first, without reports.
func (s *Jobs) Imports(ctx context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Import, string, error) {
	return list(ctx, s, importsKey(in), "imports", limit, from, readImport)
}

// list pages through the jobs of one partition, newest first.
func list[T any](ctx context.Context, s *Jobs, pk, list string, limit int, from string, read func(item) (T, error)) ([]T, string, error) {
	last, err := after(list, from)
	if err != nil {
		return nil, "", err
	}
	limit = pageSize(limit)
	q := partition(pk)
	q.ScanIndexForward, q.Limit = aws.Bool(false), aws.Int32(int32(limit+1))
	if last != "" {
		q.KeyConditionExpression = aws.String("pk = :pk AND sk < :last")
		q.ExpressionAttributeValues[":last"] = str(last)
	}
	var found []T
	for it, err := range s.table.items(ctx, q) {
		if err != nil {
			return nil, "", err
		}
		if s.expired(it) {
			continue
		}
		if len(found) == limit {
			return found, cursor(list, last), nil
		}
		v, err := read(it)
		if err != nil {
			return nil, "", err
		}
		found, last = append(found, v), stringOf(it["sk"])
	}
	return found, "", nil
}

// SetProgress remembers the account of one chunk so far.
func (s *Jobs) SetProgress(ctx context.Context, in domain.InstitutionID, id string, chunk int, c domain.Counts) error {
	doc, err := marshal(c)
	if err != nil {
		return err
	}
	it := keys(progressKey(in, id), fmt.Sprintf("%06d", chunk))
	it["doc"] = doc
	expires(it, s.table.Now().Add(progressFor))
	return s.table.put(ctx, it)
}

// Progress returns the sum over all chunks.
func (s *Jobs) Progress(ctx context.Context, in domain.InstitutionID, id string) (sum domain.Counts, err error) {
	for it, err := range s.table.items(ctx, partition(progressKey(in, id))) {
		if err != nil {
			return domain.Counts{}, err
		}
		var c domain.Counts
		if s.expired(it) {
			continue
		}
		if err := unmarshal(it, &c); err != nil {
			return domain.Counts{}, err
		}
		sum = sum.Plus(c)
	}
	return sum, nil
}

// CreateTemplate stores a new template, or returns what the same key made before.
func (s *Jobs) CreateTemplate(ctx context.Context, t domain.Template, once domain.Once) (domain.Template, bool, error) {
	t.Version = 1
	it, err := templateItem(t)
	if err != nil {
		return domain.Template{}, false, err
	}
	earlier, _, err := s.create(ctx, it, onceKey(t.Institution, "template", once), once, nil)
	switch {
	case err != nil:
		return domain.Template{}, false, err
	case earlier != "":
		t, err = s.Template(ctx, t.Institution, earlier)
		return t, false, err
	}
	t, err = readTemplate(it)
	return t, true, err
}

// Template returns one template, or kind NotFound.
func (s *Jobs) Template(ctx context.Context, in domain.InstitutionID, id string) (domain.Template, error) {
	it, err := s.get(ctx, keys(templatesKey(in), id))
	if err != nil {
		return domain.Template{}, err
	}
	return readTemplate(it)
}

// ChangeTemplate applies f to the template and keeps the result.
func (s *Jobs) ChangeTemplate(ctx context.Context, in domain.InstitutionID, id string, f func(*domain.Template) error) (domain.Template, error) {
	it, err := s.change(ctx, keys(templatesKey(in), id), func(stored item) (item, []types.TransactWriteItem, error) {
		t, err := readTemplate(stored)
		if err != nil {
			return nil, nil, err
		}
		version := t.Version
		if err := f(&t); err != nil {
			return nil, nil, err
		}
		t.Institution, t.ID, t.Version = in, id, version+1
		it, err := templateItem(t)
		return it, nil, err
	})
	if err != nil {
		return domain.Template{}, err
	}
	return readTemplate(it)
}

// Templates lists newest first.
func (s *Jobs) Templates(ctx context.Context, in domain.InstitutionID, limit int, from string) ([]domain.Template, string, error) {
	return list(ctx, s, templatesKey(in), "templates", limit, from, readTemplate)
}
