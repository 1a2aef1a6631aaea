package dynamo_test

import (
	"log"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/local/emulator"
	"rollbook/internal/testing/storetest"
)

// settings are the emulator's, or those of the DynamoDB that ROLLBOOK_DYNAMODB
// names (dynamodb-local/run.sh starts Amazon's own).
func settings(t emulator.T) aws.Config {
	var conf aws.Config
	if endpoint := os.Getenv("ROLLBOOK_DYNAMODB"); endpoint != "" {
		conf = emulator.Config(endpoint)
	} else {
		conf = emulator.ForTest(t)
	}
	conf.HTTPClient = told{awshttp.NewBuildableClient()}
	return conf
}

// told tells whoever looks for the reason of a failure which requests were not
// answered: they are made again, and some cost a number.
type told struct{ inner aws.HTTPClient }

func (c told) Do(r *http.Request) (*http.Response, error) {
	resp, err := c.inner.Do(r)
	switch {
	case err != nil && r.Context().Err() == nil:
		log.Printf("%s: %v", r.Header.Get("X-Amz-Target"), err)
	case err == nil && resp.StatusCode >= 500:
		log.Printf("%s: %s", r.Header.Get("X-Amz-Target"), resp.Status)
	}
	return resp, err
}

func TestContacts(t *testing.T) {
	conf := settings(t)
	storetest.TestContacts(t, func(t *testing.T) storetest.Contacts {
		return dynamo.NewContacts(dynamo.Open(conf), emulator.Table(t, conf), emulator.Table(t, conf), emulator.Table(t, conf), emulator.Table(t, conf))
	})
}

func TestCatalogue(t *testing.T) {
	conf := settings(t)
	storetest.TestCatalogue(t, func(t *testing.T) storetest.Catalogue {
		return dynamo.NewCatalogue(dynamo.Open(conf), emulator.Table(t, conf))
	})
}

func TestJobs(t *testing.T) {
	conf := settings(t)
	storetest.TestJobs(t, func(t *testing.T, now func() time.Time) storetest.Jobs {
		db := dynamo.Open(conf)
		db.Now = now
		return dynamo.NewJobs(db, emulator.Table(t, conf, emulator.Index{Name: dynamo.OpenIndex, Hash: "open", Range: "since"}))
	})
}

func TestRecords(t *testing.T) {
	conf := settings(t)
	storetest.TestRecords(t, func(t *testing.T, now func() time.Time) storetest.Records[storetest.Note] {
		db := dynamo.Open(conf)
		db.Now = now
		table := emulator.Table(t, conf, emulator.Index{Name: dynamo.OpenIndex, Hash: "open", Range: "since"})
		return dynamo.NewRecords[storetest.Note](dynamo.NewJobs(db, table), "notes")
	})
}

func TestDecisions(t *testing.T) {
	conf := settings(t)
	storetest.TestDecisions(t, func(t *testing.T) storetest.Decisions {
		return dynamo.NewContacts(dynamo.Open(conf), emulator.Table(t, conf), emulator.Table(t, conf), emulator.Table(t, conf), emulator.Table(t, conf))
	})
}

func TestRounds(t *testing.T) {
	conf := settings(t)
	storetest.TestRounds(t, func(t *testing.T, now func() time.Time) storetest.Rounds {
		db := dynamo.Open(conf)
		db.Now = now
		return dynamo.NewJobs(db, emulator.Table(t, conf))
	})
}
