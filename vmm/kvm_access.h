/* Why /dev/kvm cannot be opened, and what the user can do about it. */
#ifndef VMM_KVM_ACCESS_H
#define VMM_KVM_ACCESS_H

#define KVM_DEVICE "/dev/kvm"

/* One error line for the errno of a failed open. */
void kvm_access_explain(int error);

#endif
