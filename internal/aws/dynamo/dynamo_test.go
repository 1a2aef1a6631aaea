package dynamo_test

import (
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/local/emulator"
	"rollbook/internal/testing/storetest"
)

// settings are the emulator's, or those of the DynamoDB that ROLLBOOK_DYNAMODB
// names (dynamodb-local/run.sh starts Amazon's own).
func settings(t emulator.T) aws.Config {
	if endpoint := os.Getenv("ROLLBOOK_DYNAMODB"); endpoint != "" {
		return emulator.Config(endpoint)
	}
	return emulator.ForTest(t)
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
