void dicta_faults_none(void);
