package dynamo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
)

// Which contacts changed is noted by time, in one partition of the history's table
// for each institution: an index of the contacts by time would cost two units more
// for every changed row. A note has numbers alone; what the contacts are is read
// where they lie. A person's change is noted in its transaction, a chunk's changes
// when its results are sealed: never before the change, maybe after it.

const (
	// changeLife is how long notes are there: longer than they are relied on, since
	// what has expired goes in no order.
	changeLife = domain.ChangesReach + 10*24*time.Hour
	// maxNoted is how many numbers one note has. Whoever turns pages reads whole
	// notes.
	maxNoted = 1000
	// noteTime has the same length for every time, so that sort keys sort by time.
	noteTime = "2006-01-02T15:04:05.000000000Z"
	// noteStart is the sort key of the time since which all changes are noted.
	noteStart = "start"
	// afterNotes is above every time.
	afterNotes = "9"
)

func notesKey(in domain.InstitutionID) string { return string(in) + "#changed" }

// notes are the items that say that contacts changed just now.
func (s changes) notes(in domain.InstitutionID, ns []domain.ContactNumber) ([]item, error) {
	var out []item
	for part := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(ns))), maxNoted) {
		z, err := compress(part)
		if err != nil {
			return nil, err
		}
		own := make([]byte, 6)
		rand.Read(own)
		now := s.Now().UTC()
		it := keys(notesKey(in), now.Format(noteTime)+"#"+hex.EncodeToString(own))
		it["z"] = z
		expires(it, now.Add(changeLife))
		out = append(out, it)
	}
	return out, nil
}

// noting adds to a transaction that changes a contact that it was.
func (s changes) noting(in domain.InstitutionID, n domain.ContactNumber, items []types.TransactWriteItem) ([]types.TransactWriteItem, error) {
	notes, err := s.notes(in, []domain.ContactNumber{n})
	for _, it := range notes {
		items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: &s.name, Item: it}})
	}
	return items, err
}

func readNote(it item) (at time.Time, ns []domain.ContactNumber, err error) {
	text, _, _ := strings.Cut(stringOf(it["sk"]), "#")
	if at, err = time.Parse(noteTime, text); err != nil {
		return at, nil, fault.Wrap(fault.Internal, "docUnreadable", err)
	}
	ns, err = decompress[[]domain.ContactNumber](it, 1<<20)
	return at, ns, err
}

// NoteChanged notes that contacts were changed, after they were. Noting them again
// does no harm.
func (s changes) NoteChanged(ctx context.Context, in domain.InstitutionID, ns []domain.ContactNumber) error {
	for part := range slices.Chunk(ns, maxNoted) {
		// Each with its own time, so that none is older than one call can be.
		notes, err := s.notes(in, part)
		if err != nil {
			return err
		}
		var failure error
		if err := s.executeBatch(ctx, []statement{{st: insertStatement(s.name, notes[0])}}, func(_ int, a answer) {
			if !a.duplicate() { // its own, sent twice
				failure = a.fault()
			}
		}); err != nil {
			return err
		}
		if failure != nil {
			return failure
		}
	}
	return nil
}

// begin says that all changes from then on are noted.
func (s changes) begin(ctx context.Context, in domain.InstitutionID, at time.Time) (time.Time, error) {
	it, _, err := s.update(ctx, dynamodb.UpdateItemInput{Key: keys(notesKey(in), noteStart), UpdateExpression: aws.String("SET #at = if_not_exists(#at, :at)"),
		ExpressionAttributeNames: map[string]string{"#at": "at"}, ExpressionAttributeValues: item{":at": num(at.UnixNano())}})
	return time.Unix(0, number(it["at"])), err
}

// reaches tells whether all changes since then are noted: those of versions before
// this one are not, nor are those of contacts that were loaded.
func (s changes) reaches(ctx context.Context, in domain.InstitutionID, since time.Time) (bool, error) {
	now := s.Now()
	if since.Before(now.Add(-domain.ChangesReach)) {
		return false, nil
	}
	for it, err := range s.items(ctx, beginning(notesKey(in), noteStart)) {
		return err == nil && !since.Before(time.Unix(0, number(it["at"]))), err
	}
	first := now.Add(-domain.ChangeMargin)
	q := notesFrom(in, "")
	q.Limit = aws.Int32(1)
	for it, err := range s.items(ctx, q) {
		if err != nil {
			return false, err
		}
		if first, _, err = readNote(it); err != nil {
			return false, err
		}
		break
	}
	start, err := s.begin(ctx, in, first)
	return err == nil && !since.Before(start), err
}

func notesFrom(in domain.InstitutionID, sk string) dynamodb.QueryInput {
	if sk == "" {
		sk = "0"
	}
	return dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		ExpressionAttributeValues: item{":pk": str(notesKey(in)), ":from": str(sk), ":to": str(afterNotes)}}
}

// changedAt is where a page of changes ended.
type changedAt struct {
	After string `json:"a,omitempty"` // the note, or the contact in the bucket
	Skip  int    `json:"s,omitempty"` // of the note's numbers
	// Where all contacts are told:
	All    bool  `json:"l,omitempty"`
	Since  int64 `json:"i,omitempty"`
	Began  int64 `json:"t,omitempty"`
	Bucket int   `json:"b,omitempty"`
}

const byChange = "changed"

func (c changedAt) cursor(sec *secret) (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", fault.Wrap(fault.Internal, "docWritten", err)
	}
	return cursor(byChange, sec.seal(string(b))), nil
}

// Changed returns a page of the contacts that were changed since then, in the order
// in which that was noted, each as it is now. Where changes are not noted that far
// back, all contacts are told, with all that were deleted since then, in no order.
// One that changes while pages are turned is told again.
func (s *Contacts) Changed(ctx context.Context, in domain.InstitutionID, since time.Time, limit int, from string) (domain.Changes, error) {
	sec, err := s.secrets.get(ctx, in)
	if err != nil {
		return domain.Changes{}, err
	}
	var at changedAt
	sealed, err := after(byChange, from)
	if err != nil {
		return domain.Changes{}, err
	}
	if sealed != "" {
		text, ok := sec.open(sealed)
		if !ok || json.Unmarshal([]byte(text), &at) != nil {
			return domain.Changes{}, badCursor()
		}
	} else {
		reaches, err := s.reaches(ctx, in, since)
		if err != nil {
			return domain.Changes{}, err
		}
		if at = (changedAt{After: since.UTC().Format(noteTime)}); !reaches {
			at = changedAt{All: true, Since: since.Unix(), Began: s.Now().UnixNano()}
		}
	}
	if at.All {
		return s.everything(ctx, sec, at, pageSize(limit))
	}
	return s.changedFrom(ctx, sec, at, pageSize(limit))
}

// notesAPage is how many notes are asked for at once.
const notesAPage = 25

func (s *Contacts) changedFrom(ctx context.Context, sec *secret, at changedAt, limit int) (out domain.Changes, err error) {
	until := s.Now().Add(-domain.ChangeMargin) // before it is asked
	seen := map[domain.ContactNumber]bool{}
	q := notesFrom(sec.in, at.After)
	q.Limit = aws.Int32(notesAPage)
reading:
	for it, err := range s.changes.items(ctx, q) {
		if err != nil {
			return out, err
		}
		when, ns, err := readNote(it)
		if err != nil {
			return out, err
		}
		sk, skip := stringOf(it["sk"]), 0
		if sk == at.After {
			skip = min(at.Skip, len(ns))
		}
		for i, n := range ns[skip:] {
			if len(out.Items) == limit {
				if out.Next, err = (changedAt{After: sk, Skip: skip + i}).cursor(sec); err != nil {
					return out, err
				}
				break reading
			}
			if !seen[n] {
				seen[n] = true
				out.Items = append(out.Items, domain.Change{Number: n, At: when})
			}
		}
	}
	if out.Next == "" {
		out.Until = until
	}
	found, err := s.GetMany(ctx, sec.in, slices.Collect(maps.Keys(seen)))
	for i, c := range out.Items {
		if now, ok := found[c.Number]; ok {
			out.Items[i].Contact = &now
		}
	}
	return out, err
}

// everything is a page of all contacts, bucket after bucket.
func (s *Contacts) everything(ctx context.Context, sec *secret, at changedAt, limit int) (out domain.Changes, err error) {
	for bucket := at.Bucket; bucket < Buckets; bucket++ {
		q := partition(bucketKey(sec.in, bucket))
		if bucket == at.Bucket && at.After != "" {
			q.ExclusiveStartKey = keys(bucketKey(sec.in, bucket), at.After)
		}
		q.Limit = aws.Int32(int32(limit))
		for it, err := range s.people.items(ctx, q) {
			if err != nil {
				return out, err
			}
			c := domain.Change{Number: domain.ContactNumber(stringOf(it["sk"])), Contact: liveContact(it)}
			if c.Contact == nil {
				if !isGone(it) || number(it["gone"]) < at.Since {
					continue
				}
			}
			if out.Items = append(out.Items, c); len(out.Items) == limit {
				at.Bucket, at.After = bucket, string(c.Number)
				out.Next, err = at.cursor(sec)
				return out, err
			}
		}
	}
	out.Until = time.Unix(0, at.Began).Add(-domain.ChangeMargin)
	return out, nil
}

// ChangedSince yields the contacts that were changed since then, as they are now and
// ordered by number, or all contacts where changes are not noted that far back.
func (s *Contacts) ChangedSince(ctx context.Context, in domain.InstitutionID, since time.Time) iter.Seq2[domain.Contact, error] {
	return func(yield func(domain.Contact, error) bool) {
		reaches, err := s.reaches(ctx, in, since)
		if err != nil {
			yield(domain.Contact{}, err)
			return
		}
		if !reaches {
			s.Values(ctx, in, domain.Part{})(yield)
			return
		}
		changed := map[domain.ContactNumber]bool{}
		for it, err := range s.changes.items(ctx, notesFrom(in, since.UTC().Format(noteTime))) {
			var ns []domain.ContactNumber
			if err == nil {
				_, ns, err = readNote(it)
			}
			if err != nil {
				yield(domain.Contact{}, err)
				return
			}
			for _, n := range ns {
				changed[n] = true
			}
		}
		for part := range slices.Chunk(slices.Sorted(maps.Keys(changed)), 1000) {
			found, err := s.GetMany(ctx, in, part)
			if err != nil {
				yield(domain.Contact{}, err)
				return
			}
			for _, n := range part {
				if c, ok := found[n]; ok && !yield(c, nil) {
					return
				}
			}
		}
	}
}
