-- A store as revision 0011 left it: that of revision 0010, upgraded.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE attempt (
	delivery_id VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	started_at BIGINT NOT NULL, 
	duration BIGINT, 
	status INTEGER, 
	error VARCHAR(40), 
	answer BLOB, 
	is_restricted BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_attempt PRIMARY KEY (delivery_id, number), 
	CONSTRAINT fk_attempt_delivery_id FOREIGN KEY(delivery_id) REFERENCES delivery (id) ON DELETE CASCADE
);
CREATE TABLE client (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	secret_hash BLOB NOT NULL, 
	api_key_hash BLOB NOT NULL, 
	scopes TEXT NOT NULL, 
	only TEXT NOT NULL, 
	networks TEXT NOT NULL, 
	ports TEXT NOT NULL, 
	url_patterns TEXT NOT NULL, 
	is_disabled BOOLEAN DEFAULT 0 NOT NULL, 
	created_at BIGINT NOT NULL, disabled_at BIGINT, 
	CONSTRAINT pk_client PRIMARY KEY (id), 
	CONSTRAINT uq_client_api_key_hash UNIQUE (api_key_hash), 
	CONSTRAINT uq_client_name UNIQUE (name)
);
INSERT INTO "client" VALUES('6F1C0E6E-2F3A-4F60-9D64-0C4D6E1A7B01','acme',X'E9DF8A32CB84A508602007F1668BCEE0832727E995DD689E2D3BABAE1BF9C07E5B20BFA9',X'E9DF8A32FF226065221D3E2FAB25673F773E8677584B136426A5F204A27C79E8B6A5DCE5','["webhooks"]','{"debtcreditorid":"7"}','["10.0.0.0/8"]','[8443]','[]',0,1795706157307903,NULL);
INSERT INTO "client" VALUES('6F1C0E6E-2F3A-4F60-9D64-0C4D6E1A7B02','back end',X'E9DF8A32D47A8BA05EB9F772332829CD5DFE06611BBADD38675667991B0D4F64C3E949F4',X'E9DF8A32D0AE246D4059C3D1F4E0DF9445AAC57E5AD8185B584FBB88240458C1616C46FC','["events:publish"]','{}','[]','[]','[]',0,1795706157319049,NULL);
CREATE TABLE composition (
	event_sequence INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	body BLOB, 
	reason TEXT, 
	failures INTEGER DEFAULT '0' NOT NULL, 
	due_at BIGINT, 
	parked_for VARCHAR(128), 
	CONSTRAINT pk_composition PRIMARY KEY (event_sequence, version), 
	CONSTRAINT fk_composition_event_sequence FOREIGN KEY(event_sequence) REFERENCES event (sequence)
);
INSERT INTO "composition" VALUES(1,0,'waiting',NULL,NULL,0,1795706157398733,NULL);
CREATE TABLE defined_event (
	event VARCHAR(128) NOT NULL, 
	since BIGINT NOT NULL, 
	CONSTRAINT pk_defined_event PRIMARY KEY (event)
);
CREATE TABLE definition_fault (
	event VARCHAR(128) NOT NULL, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_definition_fault PRIMARY KEY (event)
);
INSERT INTO "definition_fault" VALUES('dunning','its file is faulty');
CREATE TABLE delivery (
	id VARCHAR(36) NOT NULL, 
	event_sequence INTEGER NOT NULL, 
	client_id VARCHAR(36) NOT NULL, 
	registration_id INTEGER, 
	event VARCHAR(128) NOT NULL, 
	url TEXT NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	reason TEXT, 
	created_at BIGINT NOT NULL, 
	next_attempt_at BIGINT, 
	replay_of VARCHAR(36), version INTEGER DEFAULT '0' NOT NULL, scheduled_at BIGINT, attempts INTEGER DEFAULT '0' NOT NULL, failures INTEGER DEFAULT '0' NOT NULL, ended_at BIGINT, 
	CONSTRAINT pk_delivery PRIMARY KEY (id), 
	CONSTRAINT fk_delivery_client_id FOREIGN KEY(client_id) REFERENCES client (id), 
	CONSTRAINT fk_delivery_event_sequence FOREIGN KEY(event_sequence) REFERENCES event (sequence), 
	CONSTRAINT fk_delivery_replay_of FOREIGN KEY(replay_of) REFERENCES delivery (id) ON DELETE SET NULL
);
INSERT INTO "delivery" VALUES('01a2186d-7956-7bba-ba0a-5e29dba387f7',1,'6F1C0E6E-2F3A-4F60-9D64-0C4D6E1A7B01',1,'ledgerpayment','https://acme.example/hook','pending',NULL,1795706157398733,1795706157398733,NULL,0,1795706157398733,0,0,NULL);
CREATE TABLE event (
	sequence INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id VARCHAR(200) NOT NULL, 
	publisher_id VARCHAR(36) NOT NULL, 
	event VARCHAR(128) NOT NULL, 
	arguments TEXT, 
	digest BLOB NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT uq_event_id_publisher_id UNIQUE (id, publisher_id)
);
INSERT INTO "event" VALUES(1,'payment-1','6F1C0E6E-2F3A-4F60-9D64-0C4D6E1A7B02','ledgerpayment','{"paymentid":"18142","debtcreditorid":"7"}',X'DADD159E646B3785B9923F4E9A14FBCD5FC98C1B06519B787C498F67E2770911','accepted',1795706157398733);
INSERT INTO "event" VALUES(2,'payment-2','6F1C0E6E-2F3A-4F60-9D64-0C4D6E1A7B02','ledgerpayment','{"paymentid":"18143","debtcreditorid":"8"}',X'44EC24C4BD9961875409CD115DD830C223F0878329C4E67DD32DE8757CB301FA','unsubscribed',1795706157398733);
CREATE TABLE housekeeping_search (
	name VARCHAR(20) NOT NULL, 
	reached BIGINT NOT NULL, 
	began_at BIGINT NOT NULL, 
	CONSTRAINT pk_housekeeping_search PRIMARY KEY (name)
);
CREATE TABLE job (
	kind VARCHAR(10) NOT NULL, 
	"key" VARCHAR(60) NOT NULL, 
	due_at BIGINT NOT NULL, added_at BIGINT, taken_by BIGINT, 
	CONSTRAINT pk_job PRIMARY KEY (kind, "key")
);
INSERT INTO "job" VALUES('deliver','01980000-0000-7000-8000-000000000001',1795706157344037,NULL,NULL);
INSERT INTO "job" VALUES('deliver','01980000-0000-7000-8000-000000000002',9999999999999999,NULL,NULL);
CREATE TABLE process (
	id BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	CONSTRAINT pk_process PRIMARY KEY (id)
);
CREATE TABLE registered_event (
	id INTEGER NOT NULL, 
	registration_id INTEGER NOT NULL, 
	event VARCHAR(128) NOT NULL, 
	CONSTRAINT pk_registered_event PRIMARY KEY (id), 
	CONSTRAINT fk_registered_event_registration_id FOREIGN KEY(registration_id) REFERENCES registration (id) ON DELETE CASCADE, 
	CONSTRAINT uq_registered_event_registration_id_event UNIQUE (registration_id, event)
);
INSERT INTO "registered_event" VALUES(1,1,'ledgerpayment');
INSERT INTO "registered_event" VALUES(2,1,'dunning');
CREATE TABLE registration (
	id INTEGER NOT NULL, 
	client_id VARCHAR(36) NOT NULL, 
	url TEXT NOT NULL, 
	method VARCHAR(5) NOT NULL, 
	secret BLOB, 
	signing_key BLOB, 
	previous_signing_key BLOB, 
	previous_key_until BIGINT, 
	is_paused BOOLEAN DEFAULT 0 NOT NULL, 
	disabled_reason TEXT, 
	created_at BIGINT NOT NULL, failing_since BIGINT, waits_until BIGINT, held_since BIGINT, resumed_at BIGINT, 
	CONSTRAINT pk_registration PRIMARY KEY (id), 
	CONSTRAINT fk_registration_client_id FOREIGN KEY(client_id) REFERENCES client (id), 
	CONSTRAINT uq_registration_client_id_url UNIQUE (client_id, url)
);
INSERT INTO "registration" VALUES(1,'6F1C0E6E-2F3A-4F60-9D64-0C4D6E1A7B01','https://acme.example/hook','POST',X'E9DF8A32ED93B8D32C017A9849D12F836363492A80439B812E5F3D6B9FE9798090EAD554FB76E0CB',X'E9DF8A32C905B0FEFD49009CBEE3BE4CE9856E82B1C9F8BB663297BD647CFE61DACF51486B1A833BBB45E6A003BB408ACD3B477363823E4633316F15B9F110944835F04F3AF8',NULL,NULL,0,NULL,1795706157344037,NULL,NULL,NULL,NULL);
CREATE TABLE removal (
	id INTEGER NOT NULL, 
	registration_id INTEGER NOT NULL, 
	event VARCHAR(128), 
	through BIGINT NOT NULL, 
	CONSTRAINT pk_removal PRIMARY KEY (id)
);
CREATE TABLE tally (
	series VARCHAR(8) NOT NULL, 
	endpoint INTEGER NOT NULL, 
	what VARCHAR(8) NOT NULL, 
	at BIGINT NOT NULL, 
	outcome VARCHAR(40) NOT NULL, 
	process BIGINT NOT NULL, 
	number BIGINT NOT NULL, 
	duration BIGINT NOT NULL, 
	CONSTRAINT pk_tally PRIMARY KEY (series, endpoint, what, at, outcome, process)
);
CREATE INDEX ix_delivery_client_id_id ON delivery (client_id, id);
CREATE INDEX ix_delivery_event_sequence ON delivery (event_sequence);
CREATE INDEX ix_delivery_state_next_attempt_at ON delivery (state, next_attempt_at);
CREATE INDEX ix_registered_event_event ON registered_event (event);
CREATE INDEX ix_composition_due_at ON composition (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ix_composition_parked_for_failures_event_sequence_version ON composition (parked_for, failures, event_sequence, version) WHERE parked_for IS NOT NULL;
CREATE INDEX ix_delivery_registration_id_state_next_attempt_at ON delivery (registration_id, state, next_attempt_at);
CREATE INDEX ix_delivery_ended_at ON delivery (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX ix_job_kind_due_at_key ON job (kind, due_at, "key");
CREATE INDEX ix_job_taken_by ON job (taken_by) WHERE taken_by IS NOT NULL;
CREATE INDEX ix_removal_registration_id ON removal (registration_id);
CREATE INDEX ix_delivery_dead_ended_at ON delivery (ended_at) WHERE state = 'dead';
CREATE INDEX ix_tally_series_at ON tally (series, at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('event',2);
COMMIT;
