-- What `schedules` keeps opaque is tied to people and communities here. The scan log is not tied: it also keeps scans of nobody.

ALTER TABLE activity ADD FOREIGN KEY (community_id) REFERENCES community;
ALTER TABLE activity ADD FOREIGN KEY (organiser_id) REFERENCES member;
ALTER TABLE signup ADD FOREIGN KEY (person_id) REFERENCES member;
ALTER TABLE session ADD FOREIGN KEY (space_id) REFERENCES space;
ALTER TABLE space ADD FOREIGN KEY (community_id) REFERENCES community;
ALTER TABLE booking ADD FOREIGN KEY (person_id) REFERENCES member;
ALTER TABLE booking ADD FOREIGN KEY (household_id) REFERENCES household;
ALTER TABLE device ADD FOREIGN KEY (place_id) REFERENCES place;
