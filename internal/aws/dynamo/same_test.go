package dynamo_test

import (
	gocmp "cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/local/emulator"
	"rollbook/internal/testing/memory"
	"rollbook/internal/testing/storetest"
)

// retries tells whether a call was sent again, because its answer did not come.
type retries struct {
	inner aws.HTTPClient
	seen  atomic.Bool
}

func (r *retries) Do(req *http.Request) (*http.Response, error) {
	if attempt := req.Header.Get("Amz-Sdk-Request"); !strings.HasPrefix(attempt+";", "attempt=1;") {
		r.seen.Store(true)
	}
	res, err := r.inner.Do(req)
	switch {
	case err != nil || res.StatusCode >= 500:
		r.seen.Store(true) // the store itself sends it again
	default:
		res.Body = &whole{res.Body, r}
	}
	return res, err
}

// whole notes that an answer was cut while it was read.
type whole struct {
	io.ReadCloser
	of *retries
}

func (w *whole) Read(b []byte) (int, error) {
	n, err := w.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		w.of.seen.Store(true)
	}
	return n, err
}

// Whatever is done to contacts, the database and memory answer the same.
func TestContactsAnswerAsInMemory(t *testing.T) {
	conf := settings(t)
	again := &retries{inner: awshttp.NewBuildableClient()}
	conf.HTTPClient = again
	db := dynamo.NewContacts(dynamo.Open(conf), emulator.Table(t, conf), emulator.Table(t, conf), emulator.Table(t, conf), emulator.Table(t, conf))
	var institutions atomic.Int64
	rapid.Check(t, func(t *rapid.T) {
		in := domain.InstitutionID(fmt.Sprintf("in-%d", institutions.Add(1)))
		mem, began := memory.NewContacts(time.Now), time.Now()
		number := rapid.SampledFrom([]domain.ContactNumber{"1", "01", "2", "33", "3", "4", "5", "34", "35", "0000001"})
		// Two imports share a slot, one after the other, and one has two rounds.
		rounds := map[string][]domain.Ticket{"i": {{Slot: 0, Order: "0000001"}, {Slot: 1, Order: "0000005"}}, "i1": {{Slot: 0, Order: "0000002"}},
			"i2": {{Slot: 1, Order: "0000003"}}, "0198f3a2-b7c4-7d5e-9a1b-2c3d4e5f6071": {{Slot: 2, Order: "0000004"}}}
		imports := rapid.SampledFrom(slices.Sorted(maps.Keys(rounds)))
		ticket := func(t *rapid.T, imp string) domain.Ticket { return rapid.SampledFrom(rounds[imp]).Draw(t, "ticket") }
		field := rapid.SampledFrom([]domain.Field{"criterion:GENRE", "criterion:NOTE", "authorisation:MAIL", domain.ContactCity, domain.ContactEmail, domain.ContactLastName, domain.ContactFirstName})
		value := rapid.SampledFrom([]domain.Value{"", "ROCK", "Abel", "ABÉL", "a@example.org", "A@example.org", "b@example.org", "true", "a b|c"})
		values := rapid.MapOfN(field, value, 0, 5)
		proof := rapid.Custom(func(t *rapid.T) domain.Provenance {
			return domain.Provenance{Import: imports.Draw(t, "import"), By: rapid.SampledFrom([]domain.Who{"", "anna", "s-1 anna@example.org"}).Draw(t, "by"), Proof: rapid.StringMatching(`[ -~é]{0,5}`).Draw(t, "proof")}
		})
		// An answer that was lost may cost a number, since numbers are promised
		// without repetition and not without gaps. From then on the two part.
		again.seen.Store(false)
		part := false
		// same runs one call on both and compares answers and errors.
		same := func(call func(storetest.Contacts) (any, error)) {
			if part {
				return
			}
			want, wantErr := call(mem)
			got, gotErr := call(db)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateErrors()); diff != "" && again.seen.Load() {
				part = true
				return
			}
			if fault.KindOf(wantErr) != fault.KindOf(gotErr) || (wantErr == nil) != (gotErr == nil) {
				t.Fatalf("memory says %v, the database %v", wantErr, gotErr)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateErrors()); diff != "" {
				t.Fatalf("memory and database differ:\n%s", diff)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				c := domain.Contact{Number: number.Draw(t, "number"), Fields: values.Draw(t, "fields"), Version: rapid.IntRange(0, 3).Draw(t, "version")}
				p := proof.Draw(t, "provenance")
				same(func(s storetest.Contacts) (any, error) { return s.Put(t.Context(), in, c, p) })
			},
			"note": func(t *rapid.T) {
				ns := rapid.SliceOfN(number, 0, 3).Draw(t, "numbers")
				same(func(s storetest.Contacts) (any, error) { return nil, s.NoteChanged(t.Context(), in, ns) })
			},
			"delete": func(t *rapid.T) {
				n := number.Draw(t, "number")
				same(func(s storetest.Contacts) (any, error) { return nil, s.Delete(t.Context(), in, n) })
			},
			"write": func(t *rapid.T) {
				var ws []domain.Write
				imp, p := imports.Draw(t, "import"), proof.Draw(t, "provenance")
				by := ticket(t, imp)
				for i, n := range rapid.SliceOfNDistinct(number, 1, 4, rapid.ID).Draw(t, "numbers") {
					set := values.Draw(t, "set")
					ifs := values.Draw(t, "other conditions")
					before := map[domain.Field]domain.Value{}
					live, err := mem.Get(t.Context(), in, n)
					for _, f := range slices.Sorted(maps.Keys(set)) {
						ifs[f] = value.Draw(t, "old")
						if err == nil && rapid.Bool().Draw(t, "fits") {
							ifs[f] = live.Get(f)
						}
						before[f] = ifs[f]
					}
					for _, f := range slices.Sorted(maps.Keys(ifs)) {
						if err == nil && rapid.Bool().Draw(t, "fits") {
							ifs[f] = live.Get(f)
						}
					}
					ws = append(ws, domain.Write{Number: n, If: ifs, Set: set, Provenance: p, Ticket: by, Strict: rapid.Bool().Draw(t, "strict"), Applied: domain.Applied{Import: imp, Line: i, Before: before}})
				}
				same(func(s storetest.Contacts) (any, error) { return s.Write(t.Context(), in, ws) })
			},
			"create": func(t *rapid.T) {
				// One at a time: of those in one call that race, any may win.
				cr := domain.Creation{Fields: values.Draw(t, "fields"), Provenance: proof.Draw(t, "provenance"),
					Identity: rapid.SampledFrom([]string{"", "email:a@example.org", "email:A@example.org", "email:b@example.org"}).Draw(t, "identity"),
					Digits:   rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(t, "digits"),
					Applied:  domain.Applied{Import: imports.Draw(t, "import"), Line: rapid.IntRange(0, 4).Draw(t, "line")}}
				cr.Ticket = ticket(t, cr.Applied.Import)
				if rapid.IntRange(0, 3).Draw(t, "numbered") == 0 {
					// A line of a file has a number or it has none, and always the same.
					cr.Number = []domain.ContactNumber{"1", "01", "2", "0000001", "1"}[cr.Applied.Line]
					cr.Applied.Line += 10
				}
				if rapid.Bool().Draw(t, "identity fits") && cr.Identity != "" {
					cr.Fields[domain.ContactEmail] = domain.Value(domain.IdentityEmail(cr.Identity))
				}
				same(func(s storetest.Contacts) (any, error) { return s.Create(t.Context(), in, []domain.Creation{cr}) })
			},
			"remove": func(t *rapid.T) {
				var ws []domain.Write
				imp, by := imports.Draw(t, "import"), ticket(t, imports.Draw(t, "undo"))
				for _, n := range rapid.SliceOfNDistinct(number, 1, 6, rapid.ID).Draw(t, "numbers") {
					w := domain.Write{Number: n, Ticket: by, Applied: domain.Applied{Import: imp}}
					if c, err := mem.Get(t.Context(), in, n); err == nil && rapid.Bool().Draw(t, "fits") {
						w.If, w.Applied.Import = c.Fields, gocmp.Or(c.Origin.Import, imp)
					}
					if rapid.IntRange(0, 3).Draw(t, "other condition") == 0 {
						w.If = values.Draw(t, "conditions")
					}
					ws = append(ws, w)
				}
				same(func(s storetest.Contacts) (any, error) { return s.Remove(t.Context(), in, ws) })
			},
			"find": func(t *rapid.T) {
				q := rapid.SampledFrom([]string{"", "1", "01", "ab", "abel", "Abel a", "rock", "a@example.org", "r"}).Draw(t, "q")
				same(func(s storetest.Contacts) (any, error) {
					var all []domain.Contact
					for cursor := ""; ; {
						cs, next, err := s.Find(t.Context(), in, q, 2, cursor)
						if err != nil {
							return nil, err
						}
						if all = append(all, cs...); next == "" {
							slices.SortFunc(all, func(a, b domain.Contact) int { return strings.Compare(string(a.Number), string(b.Number)) })
							return all, nil
						}
						cursor = next
					}
				})
			},
			"all": func(t *rapid.T) {
				same(func(s storetest.Contacts) (any, error) {
					var all []domain.Contact
					for c, err := range s.All(t.Context(), in) {
						if err != nil {
							return nil, err
						}
						all = append(all, c)
					}
					return all, nil
				})
			},
			"": func(t *rapid.T) {
				same(func(s storetest.Contacts) (any, error) {
					return s.GetMany(t.Context(), in, []domain.ContactNumber{"1", "01", "2", "33", "3", "4", "5", "0000001"})
				})
				n := number.Draw(t, "number")
				same(func(s storetest.Contacts) (any, error) {
					return s.Gone(t.Context(), in, []domain.ContactNumber{n, "1", "33"})
				})
				same(func(s storetest.Contacts) (any, error) { return s.Claimed(t.Context(), in, "i", []int{0, 1, 2, 3, 4}) })
				same(func(s storetest.Contacts) (any, error) { return s.History(t.Context(), in, n, 7) })
				same(func(s storetest.Contacts) (any, error) {
					told := map[domain.ContactNumber]*domain.Contact{}
					for cursor := ""; ; {
						page, err := s.Changed(t.Context(), in, began, 3, cursor)
						for _, c := range page.Items {
							told[c.Number] = c.Contact
						}
						if cursor = page.Next; err != nil || cursor == "" {
							return told, err
						}
					}
				})
				same(func(s storetest.Contacts) (any, error) {
					return s.ByEmail(t.Context(), in, []string{"a@example.org", "B@example.org", "rock", "abel"})
				})
			},
		})
	})
}
