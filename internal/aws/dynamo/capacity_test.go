package dynamo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
)

// A scarce table admits so many writes a second in all and a partition, of one
// second's worth at once, and throttles statement by statement what is beyond.
// It knows of each contact only whether an import wrote it.
type scarce struct {
	mu        sync.Mutex
	all       bucket
	parts     [4]bucket
	written   map[string]bool
	at        []time.Time // when each was written, the first ones first
	units     int         // charged: a write, a failed condition
	throttled int
	requests  int
	busy      string // a contact whose statements are always throttled
}

// A bucket of tokens, refilled by the time that passes.
type bucket struct {
	rate, tokens float64
	at           time.Time
}

func (b *bucket) fill(now time.Time) {
	b.tokens = min(b.rate, b.tokens+b.rate*now.Sub(b.at).Seconds())
	b.at = now
}

func newScarce(all, part float64) *scarce {
	s := &scarce{written: map[string]bool{}, all: bucket{all, all, time.Now()}}
	for i := range s.parts {
		s.parts[i] = bucket{part, part, time.Now()}
	}
	return s
}

func (s *scarce) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var in struct {
		Statements []struct {
			Statement  string
			Parameters []map[string]any
		}
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.Statements) == 0 {
		return nil, fmt.Errorf("only batches of statements are expected: %s", r.Header.Get("X-Amz-Target"))
	}
	time.Sleep(8 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	var responses []any
	for _, st := range in.Statements {
		responses = append(responses, s.execute(st.Statement, st.Parameters))
	}
	b, err := json.Marshal(map[string]any{"Responses": responses})
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(bytes.NewReader(b)), ContentLength: int64(len(b))}, nil
}

func (s *scarce) execute(statement string, parameters []map[string]any) any {
	before, _, _ := strings.Cut(statement, `"pk"=?`)
	at := strings.Count(before, "?")
	pk, sk := parameters[at]["S"].(string), parameters[at+1]["S"].(string)
	h := fnv.New32a()
	h.Write([]byte(pk))
	part := &s.parts[h.Sum32()%4]
	now := time.Now()
	s.all.fill(now)
	part.fill(now)
	if s.all.tokens < 1 || part.tokens < 1 || sk == s.busy {
		s.throttled++
		return map[string]any{"Error": map[string]string{"Code": "ThrottlingError", "Message": "rate exceeded"}}
	}
	s.all.tokens--
	part.tokens--
	s.units++
	if s.written[sk] {
		return map[string]any{"Error": map[string]any{"Code": "ConditionalCheckFailed", "Item": map[string]any{"pk": map[string]string{"S": pk}, "sk": map[string]string{"S": sk}, "m0": map[string]string{"S": "t000001:1s"}}}}
	}
	s.written[sk] = true
	s.at = append(s.at, now)
	return map[string]any{}
}

// process is one function with its own connection to the table, whose waits are
// drawn from its seed.
func (s *scarce) process(seed int) *dynamo.Contacts {
	conf := aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")}
	db := dynamo.Open(conf, func(o *dynamodb.Options) { o.HTTPClient = s })
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	db.Retry.Draw = func(most time.Duration) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(random.Int64N(int64(most)))
	}
	return dynamo.NewContacts(db, "contacts", "emails", "history", "catalogue")
}

func stampedWrites(from, n int) (ws []domain.Write) {
	for i := from; i < from+n; i++ {
		ws = append(ws, domain.Write{Number: domain.ContactNumber(fmt.Sprintf("%07d", i)), If: map[domain.Field]domain.Value{"criterion:GENRE": "ROCK"},
			Set: map[domain.Field]domain.Value{"criterion:GENRE": "POP"}, Ticket: domain.Ticket{Slot: 0, Order: "t000001"}, Strict: true,
			Applied: domain.Applied{Import: "i", Line: i}})
	}
	return ws
}

// A new table admits 4,000 writes a second and 1,000 a partition, and does not
// grow. As many chunks as a machine may run at once write into it: no row is
// lost, none costs more than a unit, and the table is kept busy.
func TestATableOfFixedCapacity(t *testing.T) {
	for _, processes := range []int{1, 40} {
		t.Run(fmt.Sprint(processes, " at once"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const rows = 20_000
				s := newScarce(4000, 1000)
				began := time.Now()
				var all sync.WaitGroup
				each := rows / processes
				for p := range processes {
					all.Go(func() {
						contacts := s.process(p)
						// As a chunk does: some hundred rows a call.
						for from := p * each; from < (p+1)*each; from += 500 {
							out, err := contacts.Write(t.Context(), "opera", stampedWrites(from, min(500, (p+1)*each-from)))
							if err != nil {
								t.Error(err)
								return
							}
							for i, w := range out {
								if !w.Done || w.Doubt {
									t.Errorf("row %d: %+v", from+i, w)
									return
								}
							}
						}
					})
				}
				all.Wait()
				took := time.Since(began).Seconds()
				t.Logf("%d rows in %.0f s, %.3f units a row, %d requests, %d statements throttled", rows, took, float64(s.units)/rows, s.requests, s.throttled)
				if len(s.written) != rows {
					t.Errorf("%d rows of %d are written", len(s.written), rows)
				}
				if perRow := float64(s.units) / rows; perRow > 1.05 {
					t.Errorf("%.3f units a row", perRow)
				}
				if best := rows / 4000.0; took > 2*best {
					t.Errorf("took %.0f s where %.0f would do", took, best)
				}
				// How long the last of them take hangs on the waits that they drew.
				const most = rows * 19 / 20
				if kept, best := s.at[most-1].Sub(began).Seconds(), (most-4000)/4000.0; kept > 1.2*best {
					t.Errorf("%d rows took %.1f s where %.1f would do", most, kept, best)
				}
				if perRow := float64(s.requests) / rows; perRow > 0.5 { // 0.34 at 40 at once, 0.04 with nothing throttled
					t.Errorf("%.2f requests a row", perRow)
				}
			})
		})
	}
}

// One contact that is never free, such as one that somebody else writes all the
// time, costs its own row and no other.
func TestOneBusyRowFailsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScarce(4000, 1000)
		s.busy = fmt.Sprintf("%07d", 77)
		out, err := s.process(0).Write(t.Context(), "opera", stampedWrites(0, 1000))
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range out {
			if w.Done == (i == 77) || (w.Err != nil) != (i == 77) || w.Doubt {
				t.Errorf("row %d: %+v", i, w)
			}
		}
		if len(s.written) != 999 || s.units != 999 {
			t.Errorf("%d rows written for %d units", len(s.written), s.units)
		}
	})
}
