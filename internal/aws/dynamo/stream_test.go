package dynamo_test

import (
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/local/emulator"
)

// image reads an item as a stream's record would show it.
func image(t *testing.T, client *dynamodb.Client, table, pk, sk string) map[string]events.DynamoDBAttributeValue {
	t.Helper()
	out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}})
	must(t, err)
	if len(out.Item) == 0 {
		t.Fatalf("no item %s %s", pk, sk)
	}
	im := map[string]events.DynamoDBAttributeValue{}
	for name, v := range out.Item {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			im[name] = events.NewStringAttribute(v.Value)
		case *types.AttributeValueMemberN:
			im[name] = events.NewNumberAttribute(v.Value)
		case *types.AttributeValueMemberB:
			im[name] = events.NewBinaryAttribute(v.Value)
		}
	}
	return im
}

func change(now, before map[string]events.DynamoDBAttributeValue) dynamo.Changed {
	return dynamo.Change(events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{NewImage: now, OldImage: before}})
}

func TestTheStreamTellsEndsAndMessages(t *testing.T) {
	conf := settings(t)
	db, table := dynamo.Open(conf), emulator.Table(t, conf)
	jobs, client := dynamo.NewJobs(db, table), dynamodb.NewFromConfig(conf)
	now := time.Now().UTC()
	imp, _, err := jobs.CreateImport(t.Context(), domain.Import{ID: "i1", Institution: opera, Status: domain.Running, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}, domain.Once{}, "")
	must(t, err)
	step := func(f func(*domain.Import)) map[string]events.DynamoDBAttributeValue {
		t.Helper()
		_, err := jobs.ChangeImport(t.Context(), opera, imp.ID, func(i *domain.Import) error { f(i); return nil })
		must(t, err)
		return image(t, client, table, string(opera)+"#imports", imp.ID)
	}
	running := step(func(*domain.Import) {})
	done := step(func(i *domain.Import) { i.Status, i.FinishedAt = domain.Done, now })
	mailed := step(func(i *domain.Import) { i.Mail.Status = domain.MailSent })
	again := step(func(i *domain.Import) { i.Status = domain.Running })
	more := step(func(i *domain.Import) { i.Status, i.FinishedAt = domain.Done, now.Add(time.Minute) })
	want := domain.Job{Institution: opera, Kind: domain.ImportJob, ID: "i1"}
	for name, c := range map[string]struct {
		now, before map[string]events.DynamoDBAttributeValue
		tells       bool
	}{
		"made":         {running, nil, false},
		"ended":        {done, running, true},
		"mailed":       {mailed, done, false},
		"resumed":      {again, mailed, false},
		"ended again":  {more, again, true},
		"forgotten":    {nil, more, false},
		"made at once": {done, nil, true},
	} {
		got := change(c.now, c.before)
		if (got.Ended != nil) != c.tells || got.Ended != nil && *got.Ended != want || got.Delivery != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}

	tpl := domain.Template{ID: "t1", Institution: opera, Status: domain.Ready, CreatedAt: now, FinishedAt: now, ExpiresAt: now.Add(time.Hour)}
	_, _, err = jobs.CreateTemplate(t.Context(), tpl, domain.Once{})
	must(t, err)
	got := change(image(t, client, table, string(opera)+"#templates", "t1"), nil)
	if got.Ended == nil || *got.Ended != (domain.Job{Institution: opera, Kind: domain.TemplateJob, ID: "t1"}) {
		t.Errorf("a template: %+v", got)
	}

	deliveries := dynamo.NewRecords[domain.Delivery](jobs, dynamo.DeliveriesKind)
	must(t, deliveries.Create(t.Context(), opera, "w1.m1", domain.Delivery{ID: "m1", Webhook: "w1", MadeAt: now, NextAt: now}))
	made := image(t, client, table, string(opera)+"#deliveries", "w1.m1")
	if got := change(made, nil); got.Delivery != "w1.m1" || got.Institution != opera || got.Ended != nil {
		t.Errorf("a message that was made: %+v", got)
	}
	if got := change(made, made); got != (dynamo.Changed{}) {
		t.Errorf("a message that was tried: %+v", got)
	}
	removed := dynamo.NewRecords[domain.Removed](jobs, "removed")
	must(t, removed.Create(t.Context(), opera, "7", domain.Removed{RemovedAt: now}))
	if got := change(image(t, client, table, string(opera)+"#removed", "7"), nil); got != (dynamo.Changed{}) {
		t.Errorf("another record: %+v", got)
	}
}
