package local_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// asynchronous returns where each asynchronous path of the template puts what it
// cannot do, by the path's name, with what to look for in resources: "" if it has
// no such place. A kind of path that is not known here fails the test.
func asynchronous(t *testing.T, all object) map[string]string {
	t.Helper()
	queue := func(v any) string {
		if v == nil {
			return ""
		}
		return resourceName(v)
	}
	out := map[string]string{}
	invoked := func(function, by string) {
		out[by+" -> "+function] = queue(at(all[function], "Properties.EventInvokeConfig.DestinationConfig.OnFailure.Destination"))
	}
	for name, r := range all {
		switch kind := at(r, "Type").(string); kind {
		case "AWS::Serverless::Function":
			events, _ := at(r, "Properties.Events").(object)
			for event, e := range events {
				path := name + "." + event
				switch kind := at(e, "Type"); kind {
				case "S3", "SNS":
					invoked(name, path)
				case "Schedule", "ScheduleV2", "EventBridgeRule", "CloudWatchEvent":
					// What the rule cannot hand over, and what the function fails on.
					out[path] = queue(at(e, "Properties.DeadLetterConfig.Arn"))
					invoked(name, path)
				case "DynamoDB", "Kinesis":
					out[path] = queue(at(e, "Properties.DestinationConfig.OnFailure.Destination"))
				default:
					t.Errorf("%s: nothing is known of what becomes of failures of %v", path, kind)
				}
			}
			for _, right := range rights(t, at(r, "Properties.Policies.0.Statement")) {
				if function, found := strings.CutPrefix(right, "lambda:InvokeFunction "); found {
					invoked(function, name)
				}
			}
		case "AWS::SNS::Subscription":
			out[name] = queue(at(r, "Properties.RedrivePolicy.deadLetterTargetArn"))
		case "AWS::SES::ConfigurationSetEventDestination":
			// SES hands on to the account's own bus, and knows no queue for failures.
		default:
			for _, unknown := range []string{"AWS::Events::Rule", "AWS::Scheduler::", "AWS::Pipes::", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"} {
				if strings.HasPrefix(kind, unknown) {
					t.Errorf("%s: nothing is known of what becomes of failures of %s", name, kind)
				}
			}
		}
	}
	return out
}

// What goes on without anybody waiting for its answer is not lost: each such path
// has a queue, each queue an alarm, and whoever puts something in may.
func TestEveryAsynchronousPathKeepsWhatFails(t *testing.T) {
	all := resources(t)
	paths := asynchronous(t, all)
	if len(paths) < 12 {
		t.Fatalf("only %d paths were found: %v", len(paths), paths)
	}
	watched := map[string]bool{}
	for _, alarm := range ofType(all, "AWS::CloudWatch::Alarm") {
		if at(all[alarm], "Properties.MetricName") == "ApproximateNumberOfMessagesVisible" {
			watched[resourceName(at(all[alarm], "Properties.Dimensions.0.Value"))] = true
		}
	}
	queues := ofType(all, "AWS::SQS::Queue")
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		switch queue := paths[path]; {
		case queue == "":
			t.Errorf("%s: what fails is lost", path)
		case !slices.Contains(queues, queue):
			t.Errorf("%s: what fails goes to %s, which is no queue", path, queue)
		case !watched[queue]:
			t.Errorf("%s: what fails goes to %s, and nobody hears of it", path, queue)
		}
	}
	// A function sends with its own rights, which SAM gives it; services need the
	// queue's leave.
	for path, queue := range paths {
		service := "events.amazonaws.com"
		if at(all[path], "Type") == "AWS::SNS::Subscription" {
			service = "sns.amazonaws.com"
		} else if strings.Contains(path, " -> ") || at(all[strings.Split(path, ".")[0]], "Properties.Events."+strings.Split(path, ".")[1]+".Type") == "DynamoDB" {
			continue
		}
		if !mayAdd(all, service, queue) {
			t.Errorf("%s: %s may not put anything into %s", path, service, queue)
		}
	}
}

func mayAdd(all object, service, queue string) bool {
	for _, policy := range ofType(all, "AWS::SQS::QueuePolicy") {
		for _, st := range at(all[policy], "Properties.PolicyDocument.Statement").([]any) {
			if at(st, "Effect") != "Allow" || at(st, "Principal.Service") != service || at(st, "Action") != "sqs:SendMessage" {
				continue
			}
			for _, r := range list(at(st, "Resource")) {
				if resourceName(r) == queue {
					return true
				}
			}
		}
	}
	return false
}

// Queues, topics and buckets refuse whoever comes without TLS, and alarms may
// still publish.
func TestNothingIsReachedWithoutTLS(t *testing.T) {
	all := resources(t)
	shut := map[string]bool{}
	for _, kind := range []string{"AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy"} {
		for _, policy := range ofType(all, kind) {
			p := at(all[policy], "Properties")
			var of []any
			for _, key := range []string{"Queues", "Topics", "Bucket"} {
				if v := at(p, key); v != nil {
					of = append(of, list(v)...)
				}
			}
			for _, st := range at(p, "PolicyDocument.Statement").([]any) {
				if at(st, "Effect") != "Deny" || at(st, "Principal") != "*" || len(st.(object)["Condition"].(object)) != 1 ||
					at(st, "Condition.Bool").(object)["aws:SecureTransport"] != "false" {
					continue
				}
				actions := list(at(st, "Action"))
				if !slices.ContainsFunc(actions, func(a any) bool {
					return a == "sqs:*" || a == "s3:*" || a == "sns:Publish"
				}) {
					continue
				}
				for _, o := range of {
					for _, r := range list(at(st, "Resource")) {
						if resourceName(r) == resourceName(o) {
							shut[resourceName(o)] = true
						}
					}
				}
			}
		}
	}
	for _, kind := range []string{"AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket"} {
		names := ofType(all, kind)
		if len(names) == 0 {
			t.Errorf("no %s was found", kind)
		}
		for _, name := range names {
			if !shut[name] {
				t.Errorf("%s can be reached without TLS", name)
			}
		}
	}
	for _, st := range at(all["AlarmsPolicy"], "Properties.PolicyDocument.Statement").([]any) {
		if at(st, "Effect") == "Allow" && at(st, "Principal.Service") == "cloudwatch.amazonaws.com" && at(st, "Action") == "sns:Publish" {
			return
		}
	}
	t.Error("no alarm may publish: a topic's own policy takes the place of the account's")
}
